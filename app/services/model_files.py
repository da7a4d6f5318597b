"""Copying a model into Satchel's own folder."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import DiskFull, ModelError
from app.core.files import atomic_write
from app.core.jobs import CancelToken, Progress
from app.core.sizes import size_text
from app.models.split import common_name

RESERVE_BYTES = 500_000_000
"""Left free on the disk: the databases live there, too."""
_CHUNK_BYTES = 4 * 2**20


def copy_model(
    source: Path,
    folder: Path,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
    parts: Sequence[Path] = (),
) -> Path:
    """Copy ``source`` into ``folder`` under a name that is free; returns the copy, which appears when it is complete.

    ``parts``: all files of a split model, of which ``source`` is the first. Errors: :class:`DiskFull`,
    :class:`ModelError`, :class:`Cancelled`.
    """
    sources = parts or (source,)
    copied: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        total = sum(each.stat().st_size for each in sources)
        free = shutil.disk_usage(folder).free
        if total + RESERVE_BYTES > free:
            raise _disk_full(source, f"It takes {size_text(total)}, and {size_text(free)} are free on that disk.")
        done = 0
        # The first part last: a split model is complete when it is there.
        for each, target in reversed(list(zip(sources, _free_names(folder, sources), strict=True))):
            done = _copy(each, target, done, total, on_progress, cancel)
            copied.append(target)
        return copied[-1]
    except BaseException as error:
        for target in copied:
            target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        if error.errno == errno.ENOSPC:
            raise _disk_full(source, "The disk ran full.") from error
        why = error.strerror or str(error)
        raise ModelError(
            f"{source.name} could not be copied.", f"The system says: {why}.", "Use it in place."
        ) from error


def _copy(
    source: Path,
    target: Path,
    done: int,
    total: int,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
) -> int:
    """Copy one file; returns the bytes done in all."""
    end = done + source.stat().st_size
    with source.open("rb") as original, atomic_write(target) as copy:
        while chunk := original.read(_CHUNK_BYTES):
            cancel.check()
            copy.write(chunk)
            done += len(chunk)
            on_progress(Progress(done, total, "bytes", "copying"))
        if done != end:
            raise ModelError(f"{source.name} changed while it was copied.", "Its length is another one.", "Try again.")
    return done


def _disk_full(source: Path, why: str) -> DiskFull:
    return DiskFull(f"{source.name} was not copied.", why, "Free some space, or use the file where it is.")


def _free_names(folder: Path, sources: Sequence[Path]) -> list[Path]:
    """Names that nothing in ``folder`` has; the numbers of parts stay at the end, where llama.cpp looks for them."""
    number = 1
    while True:
        addition = f"-{number}" if number > 1 else ""
        names = [folder / _with_addition(source.name, addition) for source in sources]
        if not any(name.exists() for name in names):
            return names
        number += 1


def _with_addition(name: str, addition: str) -> str:
    stem = common_name(name)
    return f"{stem}{addition}{name.removeprefix(stem)}"
