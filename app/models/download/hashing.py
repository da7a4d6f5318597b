"""What is done behind a file that is still arriving, so that hardly any of it is left at the end: its hash, its flush.

The hash is of what can be read back from the file, not of what was received: a bad disk is noticed, too.
"""

from __future__ import annotations

import hashlib
import threading

from app.models.download.partial import Closed, PartialFile

_READ_BYTES = 2**20
_LOOK_EVERY_S = 0.25
_SYNC_BYTES = 128 * 2**20
"""More than this is not left to the end, when the person waits for it."""


class PrefixHash:
    """SHA-256 of a partial file, on a thread of its own; it ends when the file is complete or closed."""

    def __init__(self, file: PartialFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._trouble: OSError | None = None
        self.hashed_bytes = 0
        self._thread = threading.Thread(target=self._run, name="download hash", daemon=True)
        self._thread.start()

    def result(self, timeout_s: float) -> str | None:
        """In hex; None while it is not complete. Errors: OSError when the file cannot be read."""
        self._thread.join(timeout_s)
        if self._trouble is not None:
            raise self._trouble
        return self._sha256.hexdigest() if self.hashed_bytes == self._file.size else None

    def _run(self) -> None:
        buffer = memoryview(bytearray(_READ_BYTES))
        try:
            with self._file.path.open("rb", buffering=0) as file:
                while self.hashed_bytes < self._file.size:
                    there = self._file.prefix_bytes(self.hashed_bytes + _READ_BYTES, _LOOK_EVERY_S)
                    while self.hashed_bytes < there:
                        self._file.check_open()
                        count = file.readinto(buffer[: min(_READ_BYTES, there - self.hashed_bytes)])
                        if not count:
                            raise OSError(f"{self._file.path.name} is shorter than what was written to it")
                        self._sha256.update(buffer[:count])
                        self.hashed_bytes += count
        except Closed:
            return
        except OSError as error:
            self._trouble = error


class DiskSync:
    """Has the disk take a partial file every ``every_s`` at least, and when it is complete; on a thread of its own."""

    def __init__(self, file: PartialFile, every_s: float) -> None:
        self._file = file
        self._every_s = every_s
        self._trouble: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="download sync", daemon=True)
        self._thread.start()

    def done(self, timeout_s: float) -> bool:
        """Whether the disk has all of it. Errors: OSError when it does not take it."""
        self._thread.join(timeout_s)
        if self._trouble is not None:
            raise self._trouble
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            complete = False
            while not complete:
                complete = self._file.wait_complete(self._every_s, _SYNC_BYTES)
                self._file.sync()
        except Closed:
            return
        except OSError as error:
            self._trouble = error
