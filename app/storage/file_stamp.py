"""By what a change of a file is seen without reading it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileStamp:
    """A file's length and the time of its last change; of several files, their sum and the latest."""

    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> FileStamp | None:
        """The stamp now; None when the file is not there (or its folder cannot be read)."""
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        return cls(found.st_size, found.st_mtime_ns)

    @classmethod
    def of_all(cls, paths: Iterable[str]) -> FileStamp | None:
        """One stamp for all of these files; None when one is not there."""
        size_bytes = mtime_ns = 0
        for path in paths:
            stamp = cls.of(Path(path))
            if stamp is None:
                return None
            size_bytes, mtime_ns = size_bytes + stamp.size_bytes, max(mtime_ns, stamp.mtime_ns)
        return cls(size_bytes, mtime_ns)
