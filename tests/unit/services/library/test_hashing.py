"""The thread that hashes model files."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from app.core.paths import Home
from app.models.library_values import HashProgress
from app.services.library.hashing import Hasher, Wanted
from app.storage.file_hashes import FileHashes
from app.storage.schema import open_database


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a priority of its own")
def test_it_keeps_the_windows_priority(home: Home, tmp_path: Path) -> None:
    """With a lower one it would hold Python's lock while it waits for a processor, and the window would stand still."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    told: list[tuple[HashProgress | None, int]] = []

    def on_change(progress: HashProgress | None) -> None:
        told.append((progress, os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    database = open_database(home)
    hasher = Hasher(FileHashes(database), on_change)
    hasher.add([Wanted(1, "Model", str(path))])
    assert hasher.wait(30)
    database.close()
    assert told[-1][0] is None
    assert {priority for _, priority in told} == {os.getpriority(os.PRIO_PROCESS, os.getpid())}


def test_the_progress_is_of_all_that_waits(home: Home, tmp_path: Path) -> None:
    sizes, told = (5_000_000, 7_000_000), list[HashProgress]()
    paths = [tmp_path / f"{number}.gguf" for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(bytes(size))
    database = open_database(home)
    hasher = Hasher(FileHashes(database), lambda progress: told.append(progress) if progress else None)
    hasher.add(Wanted(number, path.stem, str(path)) for number, path in enumerate(paths))
    assert hasher.wait(30)
    database.close()
    assert {progress.total_bytes for progress in told} == {sum(sizes)}
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert (done[0] < sum(sizes), done[-1], told[-1].title) == (True, sum(sizes), "1")


def test_after_a_cancel_nothing_that_waited_is_read(home: Home, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.gguf" for number in range(3)]
    for path in paths:
        path.write_bytes(bytes(5_000_000))
    database = open_database(home)
    hashes, seen = FileHashes(database), set[str]()

    def cancel_at_the_first(progress: HashProgress | None) -> None:
        if progress is not None:
            seen.add(progress.title)
            hasher.cancel()

    hasher = Hasher(hashes, cancel_at_the_first)
    hasher.add(Wanted(number, path.name, str(path)) for number, path in enumerate(paths))
    assert hasher.wait(30)
    known = [hashes.last(str(path)) for path in paths]
    database.close()
    assert (seen, known) == ({"0.gguf"}, ["", "", ""])
    assert hasher.progress is None
