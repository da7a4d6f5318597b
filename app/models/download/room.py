"""Whether a disk has room for what is still to come, counting what other downloads have been promised."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from app.core.errors import DiskFull
from app.core.sizes import size_text

RESERVE_BYTES = 500_000_000
"""Left free: the databases live there, too."""
LEAST_BYTES = 100_000_000
"""Below this, writing stops: somebody else fills the disk."""


def free_bytes_of(folder: Path) -> int:
    """Free on the disk that a folder lies on, or will lie on. Files with holes count as what they take."""
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    return shutil.disk_usage(there).free


class Room:
    """What downloads still need. Safe from any thread. ``free_bytes``: reads a disk."""

    def __init__(self, free_bytes: Callable[[Path], int] = free_bytes_of) -> None:
        self._free_bytes = free_bytes
        self._lock = threading.Lock()
        self._needs: dict[tuple[int, Path], int] = {}

    def claim(self, owner: int, folder: Path, needed_bytes: int, title: str) -> None:
        """Promise room on the disk of ``folder``; a second claim of the same owner replaces the first.

        Errors: :class:`DiskFull`.
        """
        with self._lock:
            free = self._free_bytes(folder)
            others = sum(need for (other, at), need in self._needs.items() if other != owner and _same_disk(at, folder))
            short = needed_bytes + others + RESERVE_BYTES - free
            if needed_bytes and short > 0:
                promised = f", {size_text(others)} of them promised to other downloads" if others else ""
                raise DiskFull(
                    f"There is no room for {title}.",
                    f"{size_text(needed_bytes)} are still to come, and {size_text(free)} are free{promised}; "
                    f"{size_text(RESERVE_BYTES)} are to stay free.",
                    f"Free {size_text(short)}, then resume. What is here already is kept.",
                )
            self._needs[owner, folder] = needed_bytes

    def watch(self, owner: int, folder: Path, needed_bytes: int, title: str) -> None:
        """While writing: so much is still to come. Errors: :class:`DiskFull` when somebody else filled the disk."""
        with self._lock:
            self._needs[owner, folder] = needed_bytes
        free = self._free_bytes(folder)
        if free < LEAST_BYTES:
            raise DiskFull(
                f"{title} was paused: the disk is nearly full.",
                f"Only {size_text(free)} are free where {folder} lies.",
                "Free some space, then resume. What is here already is kept.",
            )

    def leave(self, owner: int) -> None:
        """Nothing more is to come."""
        with self._lock:
            self._needs = {key: need for key, need in self._needs.items() if key[0] != owner}


def _same_disk(one: Path, other: Path) -> bool:
    return device(one) == device(other)


def device(folder: Path) -> int:
    """The disk that a folder lies on, or will lie on."""
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    return there.stat().st_dev
