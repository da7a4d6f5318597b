"""The window's side of the knowledge worker: one method a request, each waiting for its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from app.chat.sources import CheckedSentence, Evidence
from app.core.child import ChildProcess, Exit
from app.core.errors import WorkerError
from app.core.paths import Home
from app.knowledge import protocol as p
from app.knowledge.entry import run

_ReplyT = TypeVar("_ReplyT")


class KnowledgeClient:
    """Document collections and their search, in a process of their own that starts with the first call.

    After the worker ended for whatever reason, the next call starts it again and indexing goes on by itself.
    ``on_event`` gets :class:`Collections` (progress) and :class:`Notice`, ``on_exit`` each end of the worker; both are
    called on the reader thread and must be quick. Safe from any thread. Every method raises what the worker raised:
    :class:`DocumentError`, :class:`StorageError`, :class:`BusyError` when another Satchel uses the same data,
    :class:`WorkerDied`.
    """

    def __init__(
        self,
        home: Home,
        embedding_model: Path | None,
        on_event: Callable[[p.Reply], None] | None = None,
        on_exit: Callable[[Exit], None] | None = None,
    ) -> None:
        args = (str(home.root), str(embedding_model) if embedding_model is not None else "")
        self._child: ChildProcess[p.Request, p.Reply] = ChildProcess(
            p.PROTOCOL, run, args, on_event=on_event, on_exit=on_exit
        )

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._child.pid

    def create_collection(self, name: str, roots: Iterable[str | Path]) -> p.CollectionInfo:
        """A new collection; its indexing starts at once. A name that is taken gets a number. Roots must exist."""
        return self._ask(p.CreateCollection(name, [str(root) for root in roots]), p.Collection).info

    def add_roots(self, collection_id: int, roots: Iterable[str | Path]) -> p.CollectionInfo:
        """Add files and folders."""
        return self._ask(p.AddRoots(collection_id, [str(root) for root in roots]), p.Collection).info

    def rename_collection(self, collection_id: int, name: str) -> p.CollectionInfo:
        """A name that is taken gets a number."""
        return self._ask(p.RenameCollection(collection_id, name), p.Collection).info

    def remove_collection(self, collection_id: int) -> None:
        """Remove a collection; the person's files stay as they are."""
        self._ask(p.RemoveCollection(collection_id), p.Done)

    def restore_collection(self, collection_id: int) -> p.CollectionInfo:
        """Bring one back that was removed at most ten minutes ago; if its name is taken by now it gets a number."""
        return self._ask(p.RestoreCollection(collection_id), p.Collection).info

    def rescan(self, collection_id: int, retry_failed: bool = False) -> p.CollectionInfo:
        """Look for new, changed and vanished files, in the background."""
        return self._ask(p.Rescan(collection_id, retry_failed), p.Collection).info

    def set_paused(self, paused: bool) -> None:
        """Pause or resume all indexing."""
        self._ask(p.SetPaused(paused), p.Done)

    def list_collections(self) -> list[p.CollectionInfo]:
        """All collections, by name."""
        return self._ask(p.ListCollections(), p.Collections).infos

    def list_files(
        self,
        collection_id: int,
        status: p.FileStatus | None = None,
        containing: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> p.Files:
        """A page of a collection's files, those with trouble first."""
        return self._ask(p.ListFiles(collection_id, status, containing, offset, limit), p.Files)

    def search(self, collection_ids: Iterable[int], query: str, limit: int = 6, quotes: int = 3) -> Evidence:
        """Passages for a question, and the sentences in them that answer it."""
        return self._ask(p.Search(list(collection_ids), query, limit, quotes), p.Found).evidence

    def check_answer(self, answer: str, evidence: Evidence) -> list[CheckedSentence]:
        """Each sentence of an answer, and what the passages say to it."""
        return self._ask(p.CheckAnswer(answer, evidence), p.Checked).sentences

    def read_source(
        self, file_id: int, start: int, end: int, context_chars: int = 4000, image_width: int = 1200
    ) -> p.Source:
        """A file's text around a span, and its page as an image where there are pages."""
        return self._ask(p.ReadSource(file_id, start, end, context_chars, image_width), p.Source)

    def close(self) -> None:
        """End the worker; what is saved stays, and the next call starts it again."""
        self._child.close()

    def _ask(self, request: p.Request, kind: type[_ReplyT]) -> _ReplyT:
        reply = self._child.call(request).result()
        if not isinstance(reply, kind):
            raise WorkerError(
                f"The {p.PROTOCOL.process_words} gave another answer than was asked for.",
                f"It gave {type(reply).__name__} where {kind.__name__} was expected.",
            )
        return reply
