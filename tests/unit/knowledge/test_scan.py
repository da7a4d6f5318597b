"""What is in a folder, whatever is in it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from app.core.errors import Cancelled
from app.core.jobs import CancelToken
from app.knowledge.scan import scan

needs_posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")


def names(found: dict[str, object] | dict[str, str] | dict[str, tuple[int, int]], root: Path) -> set[str]:
    return {Path(path).relative_to(root).as_posix() for path in found}


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def test_files_at_any_depth_with_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "deep/er/b.md")
    found = scan([str(tmp_path)], CancelToken())
    assert names(found.files, tmp_path) == {"a.txt", "deep/er/b.md"}
    status = (tmp_path / "a.txt").stat()
    assert found.files[str(tmp_path / "a.txt")] == (status.st_size, status.st_mtime_ns)


def test_what_is_not_looked_into_is_named_with_the_reason(tmp_path: Path) -> None:
    make(
        tmp_path,
        "a.txt",
        ".git/config",
        ".secret.txt",
        "node_modules/x/index.js",
        "~$open.docx",
        "src/__pycache__/m.pyc",
    )
    found = scan([str(tmp_path)], CancelToken())
    assert names(found.files, tmp_path) == {"a.txt"}
    assert names(found.skipped, tmp_path) == {".git", ".secret.txt", "node_modules", "~$open.docx", "src/__pycache__"}
    assert "JavaScript" in found.skipped[str(tmp_path / "node_modules")]


def test_a_hidden_folder_that_was_chosen_is_looked_into(tmp_path: Path) -> None:
    make(tmp_path, ".notes/a.txt")
    assert names(scan([str(tmp_path / ".notes")], CancelToken()).files, tmp_path) == {".notes/a.txt"}


@needs_posix
def test_links_in_a_circle_end_and_no_file_is_found_twice(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.txt", "docs/sub/b.txt", "elsewhere/c.txt", "elsewhere/d.txt")
    docs = tmp_path / "docs"
    (docs / "sub" / "up").symlink_to(docs)
    (docs / "self").symlink_to("self")
    (docs / "nowhere").symlink_to(tmp_path / "not there")
    (docs / "same.txt").symlink_to(docs / "a.txt")
    (docs / "linked").symlink_to(tmp_path / "elsewhere")
    (docs / "c-again.txt").symlink_to(tmp_path / "elsewhere" / "c.txt")
    found = scan([str(docs)], CancelToken())
    assert names(found.files, docs) == {"a.txt", "sub/b.txt", "linked/c.txt", "linked/d.txt", "c-again.txt"}
    assert names(found.skipped, docs) == {"self", "nowhere"}


@needs_posix
def test_pipes_and_sockets_are_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        previous = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may have 107 characters only
        try:
            listening.bind("socket")
        finally:
            os.chdir(previous)
        found = scan([str(tmp_path), str(tmp_path / "pipe")], CancelToken())
    assert found.files == {}
    assert found.skipped[str(tmp_path / "pipe")] == "It is a pipe, not a file."
    assert found.skipped[str(tmp_path / "socket")] == "It is a socket, not a file."


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
def test_a_name_that_is_no_text_is_skipped_in_words(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("x")
    found = scan([str(tmp_path)], CancelToken())
    assert found.files == {}
    assert found.skipped == {
        str(tmp_path / "caf?.txt"): "Its name is not valid text. Rename it, then look for changes again."
    }


def test_a_root_that_is_not_there_is_said_and_a_file_may_be_one(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    found = scan([str(tmp_path / "gone"), str(tmp_path / "a.txt")], CancelToken())
    assert found.gone_roots == [str(tmp_path / "gone")]
    assert names(found.files, tmp_path) == {"a.txt"}


def test_roots_inside_each_other_are_walked_once(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "sub/b.txt")
    found = scan([str(tmp_path), str(tmp_path / "sub")], CancelToken())
    assert names(found.files, tmp_path) == {"a.txt", "sub/b.txt"}


def test_it_can_be_stopped(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        scan([str(tmp_path)], cancel)
