"""Headers that were read, kept as long as their files do not change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from app.models.gguf import Header
from app.models.header_key import header_key
from app.storage.file_stamp import FileStamp

T = TypeVar("T")
K = TypeVar("K")
_KEPT = 64


class HeaderShelf(Generic[T]):
    """Safe from any thread. ``read``: of a file's header, with what it says. Errors of both methods: ``read``'s."""

    def __init__(self, read: Callable[[Path], tuple[Header, T]]) -> None:
        self._headers: _Kept[tuple[Header, T]] = _Kept(read)
        self._keys: _Kept[str] = _Kept(lambda path: header_key(path, self.read(path)[0]))

    def read(self, path: Path) -> tuple[Header, T]:
        """A file's header and what it says."""
        return self._headers.of(path)

    def key(self, path: Path) -> str:
        """What tells this header from others (:func:`header_key`)."""
        return self._keys.of(path)


class _Kept(Generic[K]):
    def __init__(self, find: Callable[[Path], K]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._kept: dict[tuple[Path, FileStamp], K] = {}

    def of(self, path: Path) -> K:
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
