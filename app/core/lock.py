"""A lock on a file that the system itself lets go of when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from app.core.errors import BusyError


class FileLock:
    """Held from the constructor until :meth:`release` or the end of the process.

    Error of the constructor: :class:`BusyError` with ``what`` when another process holds it (or "them": ``it``).
    """

    def __init__(self, path: Path, what: str, it: str = "it") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise BusyError(
                what, f"Another running Satchel holds {it}.", "Use that one, or close it and try again."
            ) from error

    def release(self) -> None:
        """Let go. Twice is fine. The file stays: removing it would let two others hold different ones."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
