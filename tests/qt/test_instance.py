"""One window per data folder. The second starts are real processes; so is the one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from app.core.errors import BusyError, StorageError
from app.core.paths import Home
from app.ui.instance import Instance, claim, server_name

_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.core.paths import Home
from app.ui.instance import claim
application = QCoreApplication([])
instance = claim(Home.locate(), [Path(path) for path in sys.argv[1:]])
print("first" if instance else "second", flush=True)
if instance:
    instance.listen()
    application.exec()
"""


def _start(*paths: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _SECOND, *paths], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def first(home: Home, qapp: object) -> Iterator[Instance]:
    made = claim(home)
    assert made is not None
    made.listen()
    yield made
    made.release()


def test_a_second_start_hands_over_its_paths_and_ends(qtbot: QtBot, first: Instance, tmp_path: Path) -> None:
    with qtbot.waitSignal(first.asked, timeout=30_000) as asked:
        second = _start(str(tmp_path / "Zürich notes"))
    out, _ = second.communicate(timeout=30)
    assert (out.strip(), second.returncode) == ("second", 0)
    assert asked.args == [[str(tmp_path / "Zürich notes")]]


def test_a_second_start_says_what_it_handed_over(qtbot: QtBot, first: Instance, tmp_path: Path) -> None:
    folder = tmp_path / "Trip notes"
    folder.mkdir()
    said = []
    for paths in ((), (folder,), (folder, tmp_path)):
        command = [sys.executable, "-m", "app", *map(str, paths)]
        with qtbot.waitSignal(first.asked, timeout=30_000) as asked:
            second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said.append(second.communicate(timeout=30)[0].strip())
        assert asked.args == [[str(path) for path in paths]]
        assert second.returncode == 0
    assert said == [
        "Satchel is already running: its window is in front now.",
        "Satchel is already running: “Trip notes” went to its window, which is in front now.",
        "Satchel is already running: 2 files and folders went to its window, which is in front now.",
    ]


def test_nonsense_through_the_socket_is_shut_out(qtbot: QtBot, first: Instance, home: Home) -> None:
    asked: list[object] = []
    first.asked.connect(asked.append)
    socket = QLocalSocket()
    socket.connectToServer(server_name(home))
    with qtbot.waitSignal(socket.disconnected, timeout=5000):
        socket.write(b"not json\n")
    assert asked == []


def test_a_lock_left_by_a_kill_is_no_obstacle(home: Home, qapp: object) -> None:
    killed = _start()
    assert killed.stdout is not None
    assert killed.stdout.readline().strip() == "first"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(10)
    killed.stdout.close()
    again = claim(home)
    assert again is not None
    again.listen()
    again.release()


def test_after_release_another_may_be_first(home: Home, qapp: object) -> None:
    for _ in range(2):
        instance = claim(home)
        assert instance is not None
        instance.release()


def test_a_first_that_does_not_answer_is_said(home: Home, qapp: object) -> None:
    silent = claim(home)  # holds the lock and never listens
    assert silent is not None
    with pytest.raises(BusyError, match="does not answer") as caught:
        claim(home, answer_ms=200)
    assert str(os.getpid()) in caught.value.why
    silent.release()


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path, qapp: object) -> None:
    with pytest.raises(StorageError) as caught:
        claim(Home(tmp_path / "nowhere"))
    assert "SATCHEL_HOME" in caught.value.next_step


def test_the_socket_name_is_short_whatever_the_folder_is_called(tmp_path: Path) -> None:
    assert len(server_name(Home(tmp_path / ("x" * 200)))) < 40
