"""Work outside the window's thread, and its results in it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.core.errors import Cancelled, DiskFull, SatchelError
from app.core.jobs import CancelToken, Progress
from app.services.events import NoticeRaised, TextArrived
from app.ui.bridge import Bridge


def test_work_is_done_elsewhere_and_its_result_comes_here(qtbot: QtBot, bridge: Bridge) -> None:
    came: list[tuple[object, object]] = []
    bridge.run(QThread.currentThread, lambda thread: came.append((thread, QThread.currentThread())))
    qtbot.waitUntil(lambda: bool(came), timeout=5000)
    assert came[0][0] is not came[0][1]
    assert came[0][1] is QThread.currentThread()


def test_an_error_goes_to_who_asked_or_to_all(qtbot: QtBot, bridge: Bridge) -> None:
    def fail() -> None:
        raise DiskFull("Full.")

    mine: list[SatchelError] = []
    bridge.run(fail, None, mine.append)
    qtbot.waitUntil(lambda: [error.what for error in mine] == ["Full."], timeout=5000)
    with qtbot.waitSignal(bridge.failed, timeout=5000) as failed:
        bridge.run(fail)
    assert isinstance(failed.args[0], DiskFull)


def test_long_work_shows_how_far_it_is_and_can_be_cancelled(qtbot: QtBot, bridge: Bridge) -> None:
    shown: list[Progress] = []
    errors: list[SatchelError] = []
    go_on = threading.Event()

    def work(report: Callable[[Progress], None], cancel: CancelToken) -> None:
        for done in range(1000):
            report(Progress(done, 1000, "bytes"))
        go_on.wait(10)
        cancel.check()

    cancel = bridge.job(work, shown.append, failed=errors.append)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1].done == 999, timeout=5000)
    assert len(shown) < 1000, "only the latest is shown"
    cancel.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: bool(errors), timeout=5000)
    assert isinstance(errors[0], Cancelled)


def test_a_bug_reaches_the_crash_handler_in_the_windows_thread(
    qtbot: QtBot, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[tuple[type[BaseException], object]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, _error, _trace: caught.append((kind, QThread.currentThread())))
    bridge.run(lambda: 1 // 0)
    qtbot.waitUntil(lambda: bool(caught), timeout=5000)
    assert caught == [(ZeroDivisionError, QThread.currentThread())]


def test_a_bug_of_one_receiver_costs_the_others_nothing(
    qtbot: QtBot, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, _error, _trace: caught.append(kind))
    gate, came = threading.Event(), []
    bridge.run(lambda: gate.wait(10), lambda _: 1 // 0)
    bridge.run(lambda: gate.wait(10), came.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(came) and bool(caught), timeout=5000)
    assert (came, caught) == ([True], [ZeroDivisionError])


def test_text_of_one_message_is_gathered(qtbot: QtBot, bridge: Bridge) -> None:
    events: list[object] = []
    bridge.happened.connect(events.append)
    for piece in ("a", "b", "c"):
        bridge.publish(TextArrived(1, 2, piece))
    bridge.publish(NoticeRaised("Done."))
    qtbot.waitUntil(lambda: len(events) == 2, timeout=5000)
    assert events == [TextArrived(1, 2, "abc"), NoticeRaised("Done.")]


def test_what_comes_after_its_owner_is_gone_is_dropped(qtbot: QtBot, bridge: Bridge) -> None:
    owner, go, came = QObject(), threading.Event(), []
    bridge.run(lambda: go.wait(10), came.append, owner=owner)
    shiboken6.delete(owner)
    go.set()
    done: list[object] = []
    qtbot.waitUntil(lambda: bridge.run(lambda: None, done.append) or len(done) > 3, timeout=5000)
    assert came == []


def test_after_close_nothing_starts_and_nothing_comes(qtbot: QtBot, bridge: Bridge) -> None:
    go, came, started = threading.Event(), [], []
    bridge.happened.connect(came.append)
    bridge.run(lambda: go.wait(10), came.append)
    bridge.publish(NoticeRaised("Late."))
    bridge.close()
    go.set()
    bridge.run(lambda: started.append(1))
    bridge.publish(NoticeRaised("Later."))
    qtbot.wait(60)  # three frames
    assert (came, started) == ([], [])
