"""A folder that cannot be written to is explained."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from app.core.disk import write_trouble
from app.core.errors import DiskFull, StorageError


def leave_free(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def test_a_full_disk_says_how_much_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_free(12_000, monkeypatch)
    error = write_trouble("It was not saved.", tmp_path / "not" / "there" / "file", OSError(errno.EIO, "I/O error"))
    assert isinstance(error, DiskFull)
    assert "disk is full: 12 kB are free" in error.why
    assert "Free at least 50.0 MB" in error.next_step


def test_a_quota_is_a_full_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_free(10**12, monkeypatch)
    assert isinstance(write_trouble("No.", tmp_path, OSError(errno.EDQUOT, "quota")), DiskFull)


def test_a_read_only_disk_is_said_even_if_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_free(0, monkeypatch)
    error = write_trouble("No.", tmp_path, OSError(errno.EROFS, "read-only"))
    assert error.why == f"{tmp_path} may be read but not written."


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EROFS, "may be read but not written"), (errno.EIO, "Input/output error")]
)
def test_other_trouble_names_the_folder(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_free(10**12, monkeypatch)
    error = write_trouble("No.", tmp_path / "file", OSError(number, "x"))
    assert type(error) is StorageError
    assert error.why.startswith(str(tmp_path))
    assert words in error.why
    assert "Errno" not in str(error)
    assert "SATCHEL_HOME" in error.next_step
