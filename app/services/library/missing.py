"""Why a model's file is not there, in words, and where it may lie now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.models.model import LibraryModel
from app.models.split import part_paths
from app.storage.file_stamp import FileStamp

_MOUNT_DEPTH = {"media": 4, "run": 5, "mnt": 3, "Volumes": 3}
"""Where systems put drives: how many parts of a path ("/", "media", user, drive) lead to the drive's own folder."""
_MAX_LOOKED_AT = 2_000
"""Entries of a folder; a model folder has far fewer."""


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


def find_moved(model: LibraryModel, stamp: FileStamp, folders: Iterable[Path], taken: set[str]) -> str:
    """The path of a file that is as long as the missing one and has its name or its time of change; empty if none.

    Looked at: ``folders`` and what is in them, the folder where it lay, and the folders beside that.
    ``taken``: paths that are models of their own.
    """
    path = Path(model.path)
    for folder in dict.fromkeys((path.parent, *folders, *_subfolders(path.parent.parent))):
        for name, size_bytes, mtime_ns in _files(folder):
            found = folder / name
            if str(found) in taken or not (name == path.name or mtime_ns == stamp.mtime_ns):
                continue
            parts = part_paths(found) if model.parts else (found,)
            now = FileStamp.of_all(map(str, parts)) if model.parts else FileStamp(size_bytes, mtime_ns)
            if now is not None and now.size_bytes == stamp.size_bytes and parts[:1] == (found,):
                return str(found)
    return ""


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(_MAX_LOOKED_AT), strict=False):
                if entry.is_file():
                    found = entry.stat()
                    yield entry.name, found.st_size, found.st_mtime_ns
    except OSError:  # gone or not readable, which is what is being told
        return


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry, _ in zip(entries, range(200), strict=False) if entry.is_dir()]
    except OSError:
        return []


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
