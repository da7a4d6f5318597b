"""What nobody caught is logged and told, on any thread; Qt's own messages go to the log."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import qWarning

from app.ui import crash


@pytest.fixture
def told() -> Iterator[list[str]]:
    lines: list[str] = []
    uninstall = crash.install(lines.append)
    yield lines
    uninstall()


def test_an_exception_is_told_and_logged(
    told: list[str], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ValueError("seven")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert told == ["ValueError: seven"]
    assert caplog.records[-1].exc_info is not None
    assert "ValueError: seven" in capsys.readouterr().err


def test_one_in_a_thread_too(told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise KeyError("lost")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert told == ["KeyError: 'lost'"]
    assert "lost" in capsys.readouterr().err


def test_qts_messages_are_logged(told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="qt"):
        qWarning("something about fonts")
    assert "something about fonts" in caplog.text
    assert told == []


def test_the_old_hooks_come_back() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    crash.install(lambda line: None)()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
