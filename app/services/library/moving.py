"""Moving the files of a model: all of them, or none."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import ModelError
from app.core.files import atomic_write

_CHUNK_BYTES = 4 * 2**20


def move_files(sources: Sequence[Path], targets: Sequence[Path]) -> None:
    """Move those that are there; where one does not let itself be moved, all stay where they were.

    To another disk it copies, and a copy has its name only when it is complete. Errors: :class:`OSError`.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for source, target in zip(sources, targets, strict=True):
            if source.exists():  # a model that is not complete can be moved, too
                target.parent.mkdir(parents=True, exist_ok=True)
                _move(source, target)
                moved.append((source, target))
    except OSError:
        for source, target in reversed(moved):
            with contextlib.suppress(OSError):
                _move(target, source)
        raise


def not_moved(what: str, error: OSError) -> ModelError:
    """In words, with what helps."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            next_step = "Free some space on that disk, then try again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            next_step = f"See that you may change {error.filename or 'its folder'}, then try again."
        case _:
            next_step = "Close other programs that use the file, then try again."
    return ModelError(what, f"The system says: {error.strerror or error}.", next_step)


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as original, atomic_write(target) as copy:
            shutil.copyfileobj(original, copy, _CHUNK_BYTES)
        try:
            shutil.copystat(source, target)
            source.unlink()
        except OSError:
            target.unlink()
            raise
