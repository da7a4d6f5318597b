"""A lock on a file that the system itself lets go of when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from app.core.errors import BusyError

_LOOK_EVERY_S = 0.01


class FileLock:
    """Held from the constructor until :meth:`release`, the end of a ``with`` block or the end of the process.

    Error of the constructor: :class:`BusyError` with ``what`` when another process holds it (or "them": ``it``), and
    still does after ``wait_s``.
    """

    def __init__(self, path: Path, what: str, it: str = "it", *, wait_s: float = 0.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + wait_s
        while True:
            try:
                _lock(self._descriptor)
            except OSError as error:
                if time.monotonic() < until:
                    time.sleep(_LOOK_EVERY_S)
                    continue
                os.close(self._descriptor)
                raise BusyError(
                    what, f"Another running Satchel holds {it}.", "Use that one, or close it and try again."
                ) from error
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

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
