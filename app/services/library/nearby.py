"""Where the file of a missing model may lie now: folders are read once, however many models are missing.

A drive that is unplugged takes hundreds of models away at a time, and their folders are looked through on every change
of the library.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from app.models.model import LibraryModel
from app.models.split import part_paths
from app.storage.file_stamp import FileStamp

_MAX_FILES = 2_000
"""Of a folder; a model folder has far fewer."""
_MAX_FOLDERS = 200


class Nearby:
    """``folders``: where models usually lie. ``taken``: paths that are models of their own. Not kept for long."""

    def __init__(self, folders: Iterable[Path], taken: set[str]) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._taken = taken
        self._read: dict[Path, _Files] = {}
        self._beside: dict[Path, list[Path]] = {}

    def find(self, model: LibraryModel, stamp: FileStamp) -> str:
        """The path of a file that is as long as the missing one and has its name or its time of change; else empty.

        Looked at: the folder where it lay and those beside that, and the usual ones.
        """
        path = Path(model.path)
        here = (self._files(folder) for folder in dict.fromkeys((path.parent, *self._folders_beside(path.parent))))
        for files in (*here, self._usual):
            for found in files.like(path.name, stamp.mtime_ns):
                if str(found) not in self._taken and _as_long(found, model, stamp):
                    return str(found)
        return ""

    @cached_property
    def _usual(self) -> _Files:
        return _Files(self._folders)

    def _files(self, folder: Path) -> _Files:
        if folder not in self._read:
            self._read[folder] = _Files((folder,))
        return self._read[folder]

    def _folders_beside(self, folder: Path) -> list[Path]:
        if folder.parent not in self._beside:
            self._beside[folder.parent] = _subfolders(folder.parent)
        return self._beside[folder.parent]


class _Files:
    """The files directly in some folders, by name and by time of change."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        self._by_time: defaultdict[int, list[Path]] = defaultdict(list)
        for folder in folders:
            for name, mtime_ns in _entries(folder):
                self._by_name[name].append(folder / name)
                self._by_time[mtime_ns].append(folder / name)

    def like(self, name: str, mtime_ns: int) -> list[Path]:
        """Those with this name, and those that were changed then."""
        return [*self._by_name.get(name, ()), *self._by_time.get(mtime_ns, ())]


def _as_long(found: Path, model: LibraryModel, stamp: FileStamp) -> bool:
    parts = part_paths(found) if model.parts else (found,)
    now = FileStamp.of_all(map(str, parts))
    return parts[:1] == (found,) and now is not None and now.size_bytes == stamp.size_bytes


def _entries(folder: Path) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(_MAX_FILES), strict=False):
                if entry.is_file():
                    yield entry.name, entry.stat().st_mtime_ns
    except OSError:  # gone or not readable, which is what is being told
        return


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry, _ in zip(entries, range(_MAX_FOLDERS), strict=False) if entry.is_dir()]
    except OSError:
        return []
