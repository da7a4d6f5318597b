"""Why a folder cannot be written to, in words: the disk is full, the folder is read-only, or what the system says."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

from app.core.errors import DiskFull, StorageError
from app.core.sizes import size_text

NEEDED_BYTES = 50_000_000
"""Less free than this is as good as full: databases and their logs need room to write."""


HARDLY_ANY_BYTES = 16_000_000
"""Below this, work that would write much does not begin."""


def has_room(folder: Path) -> bool:
    """Whether work that writes into ``folder`` may begin."""
    return _free_bytes(folder) >= HARDLY_ANY_BYTES


def write_trouble(what: str, path: Path, error: BaseException | None = None) -> StorageError:
    """The error to raise when ``path`` (a file or folder, it need not exist) could not be written."""
    folder = path if path.is_dir() else path.parent
    there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
    number = error.errno if isinstance(error, OSError) else None
    free = _free_bytes(there)
    next_step = "See to its permissions and its disk, or set SATCHEL_HOME to another folder."
    if number == errno.EROFS or not os.access(there, os.W_OK):
        return StorageError(what, f"{folder} may be read but not written.", next_step)
    if number in (errno.ENOSPC, errno.EDQUOT) or free < NEEDED_BYTES:
        return DiskFull(
            what,
            f"The disk is full: {size_text(free)} are free where {folder} lies.",
            f"Free at least {size_text(NEEDED_BYTES)}, then try again.",
        )
    why = f"{folder}: {os.strerror(number)}." if number is not None else f"The system says: {error}."
    return StorageError(what, why, next_step)


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return sys.maxsize
