"""Keep the index up to date in the background: one thread reads files, another embeds their chunks.

All state is in the ledger (files that are pending, chunks without a vector), so a kill at any moment costs at most the
file and the batch under way, and a start goes on by itself. Reading runs ahead of embedding: a folder can be searched
by words within seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.core.errors import Cancelled, DiskFull, DocumentError, SatchelError, WorkerError
from app.core.jobs import CancelToken
from app.knowledge.compare import compare
from app.knowledge.embedder import Embedder, Rate
from app.knowledge.file_records import FileRecord
from app.knowledge.ledger import Ledger
from app.knowledge.parse import PARSER_VERSION
from app.knowledge.priority import lower_thread
from app.knowledge.protocol import CollectionInfo, IndexPhase
from app.knowledge.reading import FileReader
from app.knowledge.retrieve import Meaning
from app.knowledge.scan import scan
from app.knowledge.trouble import Trouble

log = logging.getLogger(__name__)

_BYTES_PER_CHUNK = 1_000.0
_FULL = "The disk is full. Indexing goes on by itself when there is room again."


class Indexer:
    """Indexes what the ledger's collections name. ``on_change`` is called often, on any thread, and must be quick.

    ``no_meaning``: why there is no embedding model, as a sentence, when ``meaning`` is None. After trouble that is not
    one file's (a full disk) it tries again every ``try_again_s``.
    """

    def __init__(
        self,
        ledger: Ledger,
        reader: FileReader,
        meaning: Meaning | None,
        on_change: Callable[[], None],
        no_meaning: str = "",
        try_again_s: float = 15.0,
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._meaning = meaning
        self._no_meaning = no_meaning
        self._try_again_s = try_again_s
        self._on_change = on_change
        self._wake = threading.Condition()
        self._generation = 0
        self._stop = CancelToken()
        self._paused = False
        self._to_scan: dict[int, bool] = {}
        self._scanning: int | None = None
        self._current: FileRecord | None = None
        self._trouble = Trouble()
        self._gone_roots: dict[int, list[str]] = {}
        self._rate = Rate()
        self._embedder = Embedder(meaning, self._rate) if meaning is not None else None
        self._threads = [
            threading.Thread(target=self._run, args=(self._read_some,), name="indexer-reader", daemon=True),
            threading.Thread(target=self._run, args=(self._embed_some,), name="indexer-embedder", daemon=True),
        ]

    def start(self) -> None:
        """Look for changes in all collections, then go on with what is left to do."""
        self._to_scan = {collection_id: False for collection_id, _ in self._ledger.collections()}
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads after the step under way."""
        self._stop.cancel()
        self._notify()
        for thread in self._threads:
            thread.join(5.0)

    def rescan(self, collection_id: int, retry_failed: bool = False) -> None:
        """Look for new, changed and vanished files, soon."""
        with self._wake:
            self._to_scan[collection_id] = retry_failed or self._to_scan.get(collection_id, False)
        self._notify()

    def set_paused(self, paused: bool) -> None:
        """A pause takes effect after the file and the chunk under way."""
        self._paused = paused
        self._notify()

    def forget(self, chunk_ids: list[int]) -> None:
        """Chunks that are not in the ledger any more."""
        if self._meaning is not None:
            self._meaning.index.remove(chunk_ids)
        self._on_change()

    def info(self, collection_id: int, name: str) -> CollectionInfo:
        """A collection as it is now."""
        counts = self._ledger.counts(collection_id)
        status = counts.by_status
        pending = status.get("pending", 0)
        missing_vectors = counts.chunks - counts.embedded if self._meaning is not None else 0
        phase: IndexPhase = "idle"
        with self._wake:
            to_scan = self._scanning == collection_id or collection_id in self._to_scan
        if to_scan:
            phase = "scanning"
        elif pending or missing_vectors:
            phase = "indexing"
        if self._paused and phase != "idle":
            phase = "paused"
        trouble = self._trouble.words
        seconds_left: float | None = None
        if phase == "indexing" and not trouble:
            to_come = self._ledger.pending_bytes().get(collection_id, 0) / _BYTES_PER_CHUNK
            seconds_left = (missing_vectors + to_come) / self._rate.per_s
        current = self._current
        here = current is not None and current.collection_id == collection_id
        return CollectionInfo(
            collection_id, name, self._ledger.roots(collection_id), phase,
            files=sum(status.values()), indexed=status.get("indexed", 0), skipped=status.get("skipped", 0),
            failed=status.get("failed", 0), missing=status.get("missing", 0), pending=pending,
            chunks=counts.chunks, embedded=counts.embedded if self._meaning is not None else 0,
            current_file=current.path if current is not None and here else "",
            seconds_left=seconds_left, problem=trouble or self._problem(collection_id), halted=bool(trouble),
        )  # fmt: skip

    # -- inside ---------------------------------------------------------------------------------------------------

    def _problem(self, collection_id: int) -> str:
        gone = self._gone_roots.get(collection_id, [])
        if gone:
            names = ", ".join(gone)
            return f"Not there now: {names}. What was read from it is kept; plug in its drive or put it back."
        return self._no_meaning if self._meaning is None else ""

    def _notify(self) -> None:
        with self._wake:
            self._generation += 1
            self._wake.notify_all()
        self._on_change()

    def _run(self, step: Callable[[], bool]) -> None:
        """Call ``step`` until it has nothing to do, then wait to be woken; trouble is shown, and tried again later."""
        me = threading.current_thread().name
        while not self._stop.cancelled:
            with self._wake:
                seen = self._generation
            wait_s: float | None = None
            try:
                went_on = not self._paused and step()
                self._trouble.is_over(me)
                if went_on:
                    continue
            except Cancelled:
                continue
            except Exception as error:  # our own bugs and Chroma's words too: no reason for a busy loop
                log.exception("indexing stopped")
                words, may_pass = self._words_for(error)
                wait_s = self._trouble.came(me, words, may_pass=may_pass, try_again_s=self._try_again_s)
                self._on_change()
            with self._wake:
                self._wake.wait_for(
                    lambda seen=seen: self._generation != seen or self._stop.cancelled,  # type: ignore[misc]
                    wait_s,
                )

    def _words_for(self, error: Exception) -> tuple[str, bool]:
        """What people are told of it, and whether it may pass by itself."""
        if isinstance(error, DiskFull):
            return _FULL, False
        if isinstance(error, SatchelError):
            return str(error), isinstance(error, WorkerError)
        if self._ledger.disk_is_full():
            return _FULL, False
        return f"Indexing failed ({type(error).__name__}). It is tried again; the log has the details.", True

    # the reader's thread

    def _read_some(self) -> bool:
        lower_thread()
        with self._wake:
            collection_id = next(iter(self._to_scan), None)
        if collection_id is not None:
            self._scan(collection_id)
            self._on_change()
            return True
        file = self._ledger.next_pending(self._current.id if self._current is not None else 0)
        if file is None:
            file = self._ledger.next_pending()  # those that changed while they were read
        self._current = file
        if file is None:
            return False
        self._on_change()
        try:
            gone = self._reader.read(file, self._stop)
        except SatchelError:
            raise
        except Exception as error:
            if not self._ledger.has_file(file.id):
                return True  # its collection was removed meanwhile
            # A bug of ours that one file brings out must not keep the others from being read.
            log.exception("reading a file failed")
            reason = f"Satchel failed on this file ({type(error).__name__}). The log has the details; please report it."
            gone = self._ledger.mark_unreadable(file, "failed", reason, PARSER_VERSION)
        if gone:
            self.forget(gone)
        self._notify()  # there may be chunks to embed
        return True

    def _scan(self, collection_id: int) -> None:
        with self._wake:
            retry_failed = self._to_scan.pop(collection_id, False)
            self._scanning = collection_id
        self._on_change()
        try:
            found = scan(self._ledger.roots(collection_id), self._stop)
            if retry_failed:
                self._ledger.retry_failed(collection_id)
            self._gone_roots[collection_id] = found.gone_roots
            self.forget(compare(self._ledger, collection_id, found))
        except DocumentError:
            log.info("a collection was removed while it was scanned")
        except BaseException:
            with self._wake:
                self._to_scan.setdefault(collection_id, retry_failed)
            raise
        finally:
            self._scanning = None

    # the embedder's thread

    def _embed_some(self) -> bool:
        if self._embedder is None or not self._embedder.step(lambda: self._stop.cancelled or self._paused):
            return False
        self._on_change()
        return True
