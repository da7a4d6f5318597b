"""The knowledge worker: the one process that holds the ledger, the embedding model and the vector index.

It opens them when it starts. When that fails (another Satchel holds them, a ledger of a newer version) every call says
why, and tries again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from app.chat.sources import Evidence
from app.core import log as process_log
from app.core.child import CallContext, Channel, Handler, serve
from app.core.database import Database
from app.core.errors import DocumentError, SatchelError
from app.core.lock import FileLock
from app.core.paths import Home
from app.knowledge import protocol as p
from app.knowledge.answer_check import check
from app.knowledge.evidence import SentenceVectors, answer
from app.knowledge.indexer import Indexer
from app.knowledge.ledger import Ledger
from app.knowledge.loading_mark import load_model
from app.knowledge.parse import ParserProcess
from app.knowledge.publisher import Publisher
from app.knowledge.reading import FileReader, rough_tokens
from app.knowledge.retrieve import Meaning, Retriever
from app.knowledge.schema import MIGRATIONS
from app.knowledge.source_view import read_source
from app.knowledge.vector_cache import VectorCache
from app.knowledge.vectors import VectorIndex
from app.knowledge.word_index import WordIndex

_THREADS = 4
_KEEP_REMOVED_S = 600.0


def run(connection: Connection, home_root: str, embedding_model: str) -> None:
    """The process's entry. ``embedding_model``: path of a GGUF file, or empty."""
    home = Home(Path(home_root)).create()
    process_log.configure(home, "knowledge")
    model_path = Path(embedding_model) if embedding_model else None

    def build(channel: Channel[p.Reply]) -> tuple[Handler, Callable[[], None]]:
        opening = _Opening(lambda: Knowledge(home, model_path, channel))
        with contextlib.suppress(SatchelError):  # each call says it
            opening.knowledge()
        return opening.handle, opening.close

    serve(connection, p.PROTOCOL, build, threads=_THREADS)


class _Opening:
    """Opens the knowledge once, as soon as it can be."""

    def __init__(self, make: Callable[[], Knowledge]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._knowledge: Knowledge | None = None

    def knowledge(self) -> Knowledge:
        with self._lock:
            if self._knowledge is None:
                self._knowledge = self._make()
            return self._knowledge

    def handle(self, request: p.Request, _context: CallContext[p.Reply]) -> p.Reply:
        return self.knowledge().answer(request)

    def close(self) -> None:
        with self._lock:
            if self._knowledge is not None:
                self._knowledge.close()


class Knowledge:
    """Everything that the worker owns. Errors of the constructor: BusyError, StorageError."""

    def __init__(self, home: Home, model_path: Path | None, channel: Channel[p.Reply]) -> None:
        self._channel = channel
        self._lock = FileLock(home.knowledge / "lock", "The document collections are in use.", it="them")
        try:
            self._database = Database(
                home.knowledge / "ledger.sqlite",
                home.backups,
                MIGRATIONS,
                keep_backups=2,  # it can be as large as all texts together
                backup_every_s=6 * 3600.0,
                content="collections",
                called="Your document collections",
            )
        except BaseException:
            self._lock.release()
            raise
        if self._database.restored:
            self._notice(
                self._database.restored, "", "Your files are looked through again; what is missing is read anew."
            )
        self._ledger = Ledger(self._database)
        model, no_meaning = load_model(home, model_path)
        meaning: Meaning | None = None
        self._sentences: SentenceVectors | None = None
        if model is not None:
            cache = VectorCache(self._database, model.key)
            index = VectorIndex(home.knowledge / "vectors", model.key, cache, self._index_rebuilt)
            meaning = Meaning(model, cache, index)
            self._sentences = SentenceVectors(model)
        self._words = WordIndex(self._database)
        self._retriever = Retriever(self._database, meaning)
        self._ahead = model.ahead if model is not None else contextlib.nullcontext[None]
        self._parser = ParserProcess()
        reader = FileReader(self._ledger, self._parser, model.count_tokens if model is not None else rough_tokens)
        self._publisher = Publisher(self._collections, channel)
        self._indexer = Indexer(self._ledger, reader, meaning, self._publisher.changed, no_meaning)
        self._publisher.start()
        self._forget_removed()
        self._indexer.start()

    def answer(self, request: p.Request) -> p.Reply:
        """The reply to one request."""
        match request:
            case p.CreateCollection(name, roots):
                checked = _checked_roots(roots)
                collection_id = self._ledger.create_collection(name, checked)
                self._indexer.rescan(collection_id)
                return p.Collection(self._info(collection_id))
            case p.AddRoots(collection_id, roots):
                self._ledger.add_roots(collection_id, _checked_roots(roots))
                self._indexer.rescan(collection_id)
                return p.Collection(self._info(collection_id))
            case p.RenameCollection(collection_id, name):
                self._ledger.rename_collection(collection_id, name)
                self._publisher.changed()
                return p.Collection(self._info(collection_id))
            case p.RemoveCollection(collection_id):
                self._forget_removed()
                self._ledger.hide_collection(collection_id)
                self._publisher.changed()
                return p.Done()
            case p.RestoreCollection(collection_id):
                self._ledger.restore_collection(collection_id)
                self._indexer.rescan(collection_id)
                return p.Collection(self._info(collection_id))
            case p.Rescan(collection_id, retry_failed):
                self._info(collection_id)
                self._indexer.rescan(collection_id, retry_failed)
                return p.Collection(self._info(collection_id))
            case p.SetPaused(paused):
                self._indexer.set_paused(paused)
                return p.Done()
            case p.ListCollections():
                return self._collections()
            case p.ListFiles(collection_id, status, containing, offset, limit):
                return p.Files(*self._ledger.list_files(collection_id, status, containing, offset, limit))
            case p.Search():
                with self._ahead():
                    return p.Found(self._search(request))
            case p.CheckAnswer(text, evidence):
                with self._ahead():
                    checks = check(
                        text, evidence, self._words.terms, self._sentences, self._page_of, self._ledger.headings
                    )
                return p.Checked(list(checks))
            case p.ReadSource():
                return read_source(request, self._ledger, self._parser)

    def close(self) -> None:
        """Stop indexing and close everything."""
        self._publisher.close()
        self._indexer.stop()
        self._parser.close()
        self._database.close()
        self._lock.release()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _search(self, request: p.Search) -> Evidence:
        started = time.monotonic()
        vector = self._retriever.embed(request.query)
        there = [number for number, _ in self._ledger.collections() if number in request.collection_ids]
        retrieved = self._retriever.search(there, request.query, request.limit, vector)
        answered = answer(
            request.query, retrieved, request.quotes, self._sentences, self._page_of, self._ledger.headings
        )
        return Evidence(
            query=request.query,
            passages=retrieved.passages,
            quotes=answered.quotes,
            found=answered.found,
            search_s=time.monotonic() - started,
        )

    def _forget_removed(self) -> None:
        """Delete for good what was removed so long ago that nobody brings it back."""
        for collection_id in self._ledger.hidden_collections(_KEEP_REMOVED_S):
            self._indexer.forget(self._ledger.remove_collection(collection_id))

    def _page_of(self, file_id: int, offset: int) -> int | None:
        page = self._ledger.place(file_id, offset)[1]
        return page[0] if page is not None else None

    def _collections(self) -> p.Collections:
        return p.Collections([self._indexer.info(number, name) for number, name in self._ledger.collections()])

    def _info(self, collection_id: int) -> p.CollectionInfo:
        names = dict(self._ledger.collections())
        if collection_id not in names:
            raise DocumentError("This collection is not there any more.", "It was removed.", "Choose another one.")
        return self._indexer.info(collection_id, names[collection_id])

    def _index_rebuilt(self, why: str) -> None:
        self._notice("The search index was rebuilt.", why, "Nothing is missing, and there is nothing to do.")

    def _notice(self, what: str, why: str, next_step: str) -> None:
        self._channel.event(p.Notice(what, why, next_step))


def _checked_roots(roots: list[str]) -> list[str]:
    checked = []
    for root in roots:
        path = Path(root).expanduser().absolute()
        if not path.exists():
            raise DocumentError(f"{path} does not exist.", "", "Choose a file or folder that is there.")
        checked.append(str(path))
    if not checked:
        raise DocumentError("A collection needs a file or a folder.", "None was given.", "Choose one.")
    return checked
