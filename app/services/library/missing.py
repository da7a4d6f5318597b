"""Why a model's file is not there, in words."""

from __future__ import annotations

import os
from pathlib import Path

from app.core.errors import ModelError
from app.models.model import LibraryModel

_MOUNT_DEPTH = {"media": 4, "run": 5, "mnt": 3, "Volumes": 3}
"""Where systems put drives: how many parts of a path ("/", "media", user, drive) lead to the drive's own folder."""


def missing_reason(model: LibraryModel) -> str:
    """Sentences: what happened to the files of a model that is not complete, and what helps."""
    gone = [path for path in map(Path, model.files) if not _exists(path)]
    if not gone:
        return "It could not be read just now."
    if len(gone) < len(model.files):
        names = ", ".join(path.name for path in gone)
        verb = "is" if len(gone) == 1 else "are"
        return f"{names} {verb} missing: {len(gone)} of the {len(model.files)} files that this model is split over."
    if model.program and _exists(gone[0].parent) and not gone[0].is_symlink():
        return f"{model.program} does not have this file any more: it was updated or deleted there."
    return _why_gone(gone[0])


def unusable_reason(error: ModelError) -> str:
    """Sentences: there is a file, and it is not the model any more, nor another one."""
    return f"Something else is in its place. {error.what} {error.why}".strip()


def _why_gone(path: Path) -> str:
    if path.is_symlink():
        return f"It is a link to {path.readlink()}, which is not there."
    ancestor = next((each for each in path.parents if _exists(each)), None)
    drive = drive_folder(path)
    if ancestor is None or (drive is not None and not _has_entries(drive)):
        where = drive if drive is not None else Path(path.anchor)
        return f"The drive {where} is not connected."
    if not os.access(ancestor, os.X_OK | os.R_OK):
        return f"The folder {ancestor} may not be read."
    if ancestor != path.parent:
        return f"The folder {path.parent} is not there any more; it was moved or deleted."
    if not _has_entries(ancestor):
        return f"The folder {ancestor} is empty. If it belongs to a drive, connect that; else the file was deleted."
    return "The file was moved, renamed or deleted."


def drive_folder(path: Path) -> Path | None:
    """The folder where a drive that can be unplugged would be mounted, by its path alone; None on a built-in disk."""
    parts = path.parts
    depth = _MOUNT_DEPTH.get(parts[1], 0) if len(parts) > 1 and parts[0] == "/" else 0
    if parts[1:2] == ("run",) and parts[2:3] != ("media",):
        return None
    return Path(*parts[:depth]) if 0 < depth < len(parts) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # not allowed, or a drive that answers with an error
        return False


def _has_entries(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
