"""Headers that were read, kept as long as their files do not change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from app.models.gguf import Header
from app.models.header_key import header_key
from app.models.model import ModelSummary
from app.models.summary import read_summary
from app.storage.file_stamp import FileStamp

T = TypeVar("T")
_KEPT = 64


class HeaderShelf:
    """Safe from any thread. Errors of both methods: :class:`ModelError`."""

    def __init__(self) -> None:
        self._headers: _Kept[tuple[Header, ModelSummary]] = _Kept(read_summary)
        self._keys: _Kept[str] = _Kept(lambda path: header_key(path, self.read(path)[0]))

    def read(self, path: Path) -> tuple[Header, ModelSummary]:
        """A file's header and what it says."""
        return self._headers.of(path)

    def key(self, path: Path) -> str:
        """What tells this header from others (:func:`header_key`)."""
        return self._keys.of(path)


class _Kept(Generic[T]):
    def __init__(self, find: Callable[[Path], T]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._kept: dict[tuple[Path, FileStamp], T] = {}

    def of(self, path: Path) -> T:
        stamp = FileStamp.of(path)
        with self._lock:
            known = self._kept.get((path, stamp)) if stamp is not None else None
        if known is not None:
            return known
        found = self._find(path)
        if stamp is not None and stamp == FileStamp.of(path):  # else it is being written to
            with self._lock:
                while len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[path, stamp] = found
        return found
