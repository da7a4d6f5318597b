"""Copying a model into Satchel's own folder, and deleting such a copy."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from app.core.errors import DiskFull, ModelError
from app.core.files import atomic_write
from app.core.jobs import CancelToken, Progress
from app.core.sizes import size_text

RESERVE_BYTES = 500_000_000
"""Left free on the disk: the databases live there, too."""
_CHUNK_BYTES = 4 * 2**20


def copy_model(source: Path, folder: Path, on_progress: Callable[[Progress], None], cancel: CancelToken) -> Path:
    """Copy ``source`` into ``folder`` under a name that is free; returns the copy, which appears when it is complete.

    Errors: :class:`DiskFull`, :class:`ModelError`, :class:`Cancelled`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        total = source.stat().st_size
        free = shutil.disk_usage(folder).free
        if total + RESERVE_BYTES > free:
            raise _disk_full(source, f"It takes {size_text(total)}, and {size_text(free)} are free on that disk.")
        target = _free_name(folder / source.name)
        done = 0
        with source.open("rb") as original, atomic_write(target) as copy:
            while chunk := original.read(_CHUNK_BYTES):
                cancel.check()
                copy.write(chunk)
                done += len(chunk)
                on_progress(Progress(done, total, "bytes", "copying"))
            if done != total:
                raise ModelError(
                    f"{source.name} changed while it was copied.", "Its length is another one.", "Try again."
                )
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _disk_full(source, "The disk ran full.") from error
        why = error.strerror or str(error)
        raise ModelError(
            f"{source.name} could not be copied.", f"The system says: {why}.", "Use it in place."
        ) from error
    return target


def delete_copy(path: Path, folder: Path) -> None:
    """Delete a copy that :func:`copy_model` made in ``folder``; one that is gone already is fine.

    Errors: :class:`ModelError`, also for a file that lies elsewhere.
    """
    if path.parent != folder:
        raise ModelError(f"{path.name} was not deleted.", f"It does not lie in {folder}.", "Delete it by hand.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{path.name} could not be deleted.", f"The system says: {why}.", "Try again.") from error


def _disk_full(source: Path, why: str) -> DiskFull:
    return DiskFull(f"{source.name} was not copied.", why, "Free some space, or use the file where it is.")


def _free_name(wanted: Path) -> Path:
    target, number = wanted, 1
    while target.exists():
        number += 1
        target = wanted.with_stem(f"{wanted.stem}-{number}")
    return target
