"""Read a file that may be anything: a pipe, a giant, a file that is being written, or gone."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from app.core.errors import DocumentError, FileChanged, FileVanished, Skipped
from app.core.sizes import size_text

MAX_FILE_BYTES = 200_000_000


def read_file(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """All bytes of a regular file, as it was at one moment.

    Errors: :class:`Skipped` for what is not a regular file, is empty or too large; :class:`FileVanished`;
    :class:`FileChanged`; :class:`DocumentError` for what may not be read.
    """
    try:
        # Look before opening: merely to open a device or a pipe can have an effect. And look again at what was opened.
        _check(path.stat(), max_bytes)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            before = os.fstat(descriptor)
            _check(before, max_bytes)
            data = _read_all(file.fileno(), before.st_size)
            after = os.fstat(descriptor)
        now = path.stat()
    except FileNotFoundError as error:
        raise FileVanished("This file is not there any more.", "", "If its drive is unplugged, plug it in.") from error
    except PermissionError as error:
        raise DocumentError(
            "This file may not be read.",
            "Your account has no permission to open it.",
            "Change its permissions, then look for changes again.",
        ) from error
    except OSError as error:
        if error.errno in _LOOP:
            raise Skipped("This is a link that leads back to itself.") from error
        raise DocumentError(
            "This file could not be read.",
            f"The system says: {error.strerror or error}.",
            "Check the drive it lies on, then look for changes again.",
        ) from error
    if _state(before) != _state(after) or _state(now) != _state(after) or len(data) != after.st_size:
        raise FileChanged("This file changed while it was being read.", "", "It will be tried again.")
    return data


_LOOP = {errno.ELOOP, 1921}  # 1921: the same on Windows


def _check(status: os.stat_result, max_bytes: int) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise Skipped("This is a folder.")
    if not stat.S_ISREG(mode):
        names = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
        raise Skipped(f"This is {names.get(stat.S_IFMT(mode), 'no ordinary file')}, which holds no document.")
    if status.st_size > max_bytes:
        raise Skipped(
            f"This file is too large ({size_text(status.st_size)}).",
            f"Satchel reads documents of up to {size_text(max_bytes)}.",
            "Split it if you need what it says.",
        )
    if status.st_size == 0:
        raise Skipped("This file is empty.")


def _read_all(descriptor: int, size: int) -> bytes:
    """At most one byte more than ``size``, which shows that it grew; a file that grows for ever is not followed."""
    parts: list[bytes] = []
    left = size + 1
    while left > 0:
        part = os.read(descriptor, min(left, 1 << 20))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev
