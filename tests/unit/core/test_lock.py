"""One holder at a time, whatever happens to it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.core.errors import BusyError
from app.core.lock import FileLock

_HOLD = """
import sys
import threading
from pathlib import Path
from app.core.lock import FileLock
lock = FileLock(Path(sys.argv[1]), "In use.")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_in_words_until_the_first_lets_go(tmp_path: Path) -> None:
    first = FileLock(tmp_path / "deep" / "lock", "The documents are in use.")
    with pytest.raises(BusyError, match="The documents are in use"):
        FileLock(tmp_path / "deep" / "lock", "The documents are in use.")
    first.release()
    first.release()
    FileLock(tmp_path / "deep" / "lock", "").release()


def test_the_words_agree(tmp_path: Path) -> None:
    first = FileLock(tmp_path / "lock", "The documents are in use.", it="them")
    with pytest.raises(BusyError, match="Another running Satchel holds them"):
        FileLock(tmp_path / "lock", "The documents are in use.", it="them")
    first.release()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            FileLock(tmp_path / "lock", "In use.")
        process.kill()
    FileLock(tmp_path / "lock", "In use.").release()


def test_a_lock_is_waited_for_until_its_holder_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        ending = threading.Timer(0.05, process.kill)
        ending.start()
        with FileLock(tmp_path / "lock", "In use.", wait_s=60):
            ending.join()
    FileLock(tmp_path / "lock", "In use.").release()
