"""Files as they come: read on a real file system, with nothing of ours replaced."""

import multiprocessing
import os
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from app.core.errors import DocumentError, FileChanged, FileVanished, Skipped
from app.knowledge.parse.files import read_file

posix = pytest.mark.skipif(os.name != "posix", reason="there are no such files on Windows")


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"words")
    (tmp_path / "link").symlink_to("a")
    assert read_file(tmp_path / "a") == read_file(tmp_path / "link") == b"words"


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(Skipped, match="empty"):
        read_file(tmp_path / "a")


def test_huge(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(5_000_000_000)  # sparse
    with pytest.raises(Skipped, match=r"too large \(5\.0 GB\).*up to 200 MB"):
        read_file(tmp_path / "a")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="folder"):
        read_file(tmp_path)


@posix
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(Skipped, match="a pipe"):
        read_file(tmp_path / "a")


@posix
def test_a_socket_and_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("a")
        with pytest.raises(Skipped, match="a socket"):
            read_file(tmp_path / "a")
    with pytest.raises(Skipped, match="a device"):
        read_file(Path("/dev/zero"))


@posix
def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(Skipped, match="leads back to itself"):
        read_file(tmp_path / "a")


def test_vanished(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("never", "dangling"):
        with pytest.raises(FileVanished):
            read_file(tmp_path / name)


@posix
def test_not_allowed() -> None:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders may not be entered by others
        Path(folder).chmod(0o755)
        path = Path(folder, "a")
        path.write_bytes(b"private")
        path.chmod(0)
        child = spawn.Process(target=_read_as_nobody, args=(theirs, str(path)))
        child.start()
        theirs.close()
        kind, words = ours.recv()
        child.join()
    assert kind == DocumentError.__name__
    assert words.startswith("This file may not be read.")


def _read_as_nobody(connection: "multiprocessing.connection.Connection", path: str) -> None:
    if os.getuid() == 0:  # root may read everything
        os.setgid(65534)
        os.setuid(65534)
    try:
        read_file(Path(path))
    except DocumentError as error:
        connection.send((type(error).__name__, str(error)))


@posix
def test_changed_while_it_was_read(tmp_path: Path) -> None:
    """A writer that never rests: whenever the file is read, it changes meanwhile."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * 30_000_000)
    rest = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not rest.is_set():
                file.write(b"y")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(FileChanged, match="changed while it was being read"):
            read_file(path)
    finally:
        rest.set()
        writer.join()
