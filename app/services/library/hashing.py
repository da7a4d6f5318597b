"""Hashing model files in the background, on a thread of its own.

It has the window's priority: a thread that gives way holds Python's lock while it waits for a processor, and the window
waits with it (measured beside a busy machine: half a second).
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.core.errors import Cancelled, ModelError, SatchelError
from app.core.jobs import CancelToken
from app.models.library_values import HashProgress
from app.models.model import LibraryModel
from app.storage.file_hashes import FileHashes
from app.storage.file_stamp import FileStamp

log = logging.getLogger(__name__)

_CHUNK_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Wanted:
    """A file that is to be hashed, and the model that it belongs to."""

    model_id: int
    title: str
    path: str


def hash_file(
    path: Path,
    hashes: FileHashes,
    cancel: CancelToken,
    on_bytes: Callable[[int], None] = lambda count: None,
) -> str:
    """The SHA-256 of a file, kept in ``hashes``; not read again while its stamp is the same.

    ``on_bytes`` gets the length of each piece that was read. Errors: :class:`ModelError` (not readable, changed
    meanwhile), :class:`Cancelled`.
    """
    stamp = FileStamp.of(path)
    if known := hashes.get(str(path), stamp):
        return known
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK_BYTES):
                cancel.check()
                digest.update(chunk)
                on_bytes(len(chunk))
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{path.name} could not be read.", f"The system says: {why}.", "Check the file.") from error
    if stamp is None or stamp != FileStamp.of(path):
        raise ModelError(f"{path.name} changed while it was read.", "", "Wait until it is complete.")
    hashes.set(str(path), stamp, digest.hexdigest())
    return digest.hexdigest()


class Hasher:
    """The files that wait, and the thread that hashes them, which lives only while there are some.

    ``on_change`` is called with each step of 1 % and with None when nothing waits any more, on that thread.
    """

    def __init__(self, hashes: FileHashes, on_change: Callable[[HashProgress | None], None]) -> None:
        self._hashes = hashes
        self._on_change = on_change
        self._lock = threading.Lock()
        self._waiting: deque[Wanted] = deque()
        self._thread: threading.Thread | None = None
        self._cancel = CancelToken()
        self._done_bytes = self._total_bytes = 0
        self.progress: HashProgress | None = None
        """How far it is; None when nothing waits."""

    def add(self, wanted: Iterable[Wanted]) -> None:
        """Hash these, too; returns at once. What waits already or is known is not read twice."""
        with self._lock:
            paths = {each.path for each in self._waiting}
            new = [each for each in wanted if each.path not in paths]
            self._waiting.extend(new)
            stamps = (FileStamp.of(Path(each.path)) for each in new)
            self._total_bytes += sum(stamp.size_bytes for stamp in stamps if stamp is not None)
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hashing", daemon=True)
                self._thread.start()

    def add_model(self, model: LibraryModel) -> None:
        """Hash all files of a model."""
        self.add(Wanted(model.id, model.title, path) for path in model.files)

    def cancel(self) -> None:
        """Stop; what was hashed whole stays known."""
        with self._lock:
            self._waiting.clear()
            self._done_bytes = self._total_bytes = 0
            self._cancel.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing waits any more; False when the time was over first."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return thread is None or not thread.is_alive()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self.cancel()
        self.wait(5.0)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread, self.progress = None, None
                    self._done_bytes = self._total_bytes = 0
                    break
                wanted = self._waiting.popleft()
                cancel = self._cancel = CancelToken()
            try:
                hash_file(Path(wanted.path), self._hashes, cancel, partial(self._step, wanted))
            except Cancelled:
                continue
            except SatchelError as error:
                log.warning("not hashed: %s", error)
        self._on_change(None)

    def _step(self, wanted: Wanted, count: int) -> None:
        before = self._done_bytes
        self._done_bytes += count
        self.progress = HashProgress(
            wanted.model_id, wanted.title, self._done_bytes, max(self._done_bytes, self._total_bytes)
        )
        percent = max(1, self._total_bytes // 100)
        if before == 0 or before // percent != self._done_bytes // percent:
            self._on_change(self.progress)
