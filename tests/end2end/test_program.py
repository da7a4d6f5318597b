"""The program as a process: one window per folder, a clean end by signal, and data that cannot be opened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.core.database import Database
from app.core.migrations import Migration
from app.core.paths import Home
from app.main import Program
from app.storage.schema import MIGRATIONS

_SAYS_WHEN_PAINTED = "from app.main import main; import sys; sys.exit(main([], lambda: print('painted', flush=True)))"


def _start(home: Home, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"SATCHEL_HOME": str(home.root), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


@pytest.fixture
def running(home: Home, chat_model: Path) -> Iterator[subprocess.Popen[str]]:
    """The program, painted."""
    process = _start(home, "-c", _SAYS_WHEN_PAINTED)
    assert process.stdout is not None
    assert process.stdout.readline() == "painted\n"
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_a_second_start_says_so_and_ends(home: Home, running: subprocess.Popen[str]) -> None:
    second = _start(home, "-m", "app")
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (0, "Satchel is already running: its window is in front now.\n"), err
    assert running.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(home: Home, running: subprocess.Popen[str], how: signal.Signals) -> None:
    running.send_signal(how)
    _out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    again = _start(home, "-c", _SAYS_WHEN_PAINTED)
    assert again.stdout is not None
    assert again.stdout.readline() == "painted\n"  # nothing was left locked
    again.terminate()
    again.communicate(timeout=30)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_after_a_kill_it_starts_again(home: Home, running: subprocess.Popen[str]) -> None:
    running.kill()
    running.wait(30)
    again = _start(home, "-c", _SAYS_WHEN_PAINTED)
    assert again.stdout is not None
    assert again.stdout.readline() == "painted\n"
    again.terminate()
    again.communicate(timeout=30)


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication, home: Home) -> Iterator[Callable[[], Program]]:
    made: list[Program] = []

    def begin() -> Program:
        made.append(Program(qapp, home))
        with qtbot.waitSignal(made[-1].window.painted, timeout=30_000):
            made[-1].start()
        return made[-1]

    yield begin
    for one in made:
        one.close()
        one.window.deleteLater()


def test_data_of_a_newer_satchel_is_left_alone_and_said(
    qtbot: QtBot, home: Home, program: Callable[[], Program]
) -> None:
    first = program()
    qtbot.waitUntil(lambda: first.services is not None, timeout=30_000)
    first.close()
    later = Migration("from the future", "CREATE TABLE wonders (id INTEGER PRIMARY KEY);")
    Database(home.database, home.backups, [*MIGRATIONS, later]).close()
    before = home.database.read_bytes()
    second = program()
    what = second.window.findChild

    def said() -> bool:
        label = what(QLabel, "opening.what")
        return label is not None and label.isVisible() and "cannot be used by this version" in label.text()

    qtbot.waitUntil(said, timeout=30_000)
    assert what(QPushButton, "opening.retry").isVisible()
    assert second.services is None
    assert home.database.read_bytes() == before


def test_a_damaged_database_is_restored_and_said(qtbot: QtBot, home: Home, program: Callable[[], Program]) -> None:
    first = program()
    qtbot.waitUntil(lambda: first.services is not None, timeout=30_000)
    first.close()
    home.database.write_bytes(b"not a database at all" * 1000)
    second = program()
    qtbot.waitUntil(lambda: bool(second.window.notices.notes()), timeout=30_000)
    assert second.window.notices.notes()[0].severity == "warning"
    assert second.services is not None
