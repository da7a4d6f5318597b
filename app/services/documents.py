"""What a person does with documents: collections of folders and files, and questions to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.chat.numbering import numbered_as_shown
from app.chat.sources import CheckedSentence, Evidence
from app.core.errors import DocumentError
from app.knowledge.client import KnowledgeClient
from app.knowledge.protocol import CollectionInfo, Collections, Files, FileStatus, Notice, Reply, Source
from app.services.events import CollectionsChanged, NoticeRaised, Publish
from app.storage.conversations import Conversations


def relay(publish: Publish) -> Callable[[Reply], None]:
    """What turns the knowledge worker's unasked events into events for the window and the command line."""

    def on_event(reply: Reply) -> None:
        match reply:
            case Collections(infos):
                publish(CollectionsChanged(tuple(infos)))
            case Notice(what, why, next_step):
                publish(NoticeRaised(what, why, next_step, "warning"))

    return on_event


class DocumentLibrary:
    """The collections of this home. Safe from any thread; each call waits for the knowledge worker's answer.

    ``conversations``: where collections are attached. Errors of all methods: DocumentError, WorkerError, and BusyError
    when another Satchel holds the index.
    """

    def __init__(self, client: KnowledgeClient, publish: Publish, conversations: Conversations | None = None) -> None:
        self._client = client
        self._publish = publish
        self._conversations = conversations
        self._were_attached: dict[int, list[int]] = {}

    def collections(self) -> list[CollectionInfo]:
        """All collections, by name."""
        return list(self._client.list_collections())

    def of(self, paths: Sequence[Path]) -> CollectionInfo | None:
        """The collection of exactly these files and folders, if there is one."""
        wanted = {str(root) for root in _roots(paths)}
        return next((info for info in self._client.list_collections() if set(info.roots) == wanted), None)

    def create(self, paths: Sequence[Path], name: str | None = None) -> CollectionInfo:
        """Make a collection of files and folders and start to index it; named after them unless a name is given.

        Without a name, what is a collection already is looked through again instead of being indexed twice.
        """
        roots = _roots(paths)
        if name is None and (same := self.of(roots)) is not None:
            return self.rescan(same.id)
        info = self._client.create_collection((name or "").strip() or _name_for(roots), [str(root) for root in roots])
        self._changed()
        return info

    def add(self, collection_id: int, paths: Sequence[Path]) -> CollectionInfo:
        """Add files and folders to a collection."""
        info = self._client.add_roots(collection_id, [str(root) for root in _roots(paths)])
        self._changed()
        return info

    def rename(self, collection_id: int, name: str) -> CollectionInfo:
        """Give a collection another name; one that is taken gets a number."""
        info = self._client.rename_collection(collection_id, name)
        self._changed()
        return info

    def remove(self, collection_id: int) -> None:
        """Remove a collection and its index; the person's files stay as they are. :meth:`restore` brings it back."""
        self._client.remove_collection(collection_id)
        if self._conversations is not None:
            self._were_attached[collection_id] = self._conversations.detach_everywhere(collection_id)
        self._changed()

    def restore(self, collection_id: int) -> CollectionInfo:
        """Bring a collection back, within ten minutes, also to the conversations that it answered in."""
        info = self._client.restore_collection(collection_id)
        if self._conversations is not None:
            self._conversations.attach_again(collection_id, self._were_attached.pop(collection_id, []))
        self._changed()
        return info

    def rescan(self, collection_id: int, retry_failed: bool = False) -> CollectionInfo:
        """Look for new, changed and vanished files."""
        return self._client.rescan(collection_id, retry_failed)

    def set_paused(self, paused: bool) -> None:
        """Pause or resume all indexing."""
        self._client.set_paused(paused)

    def files(
        self,
        collection_id: int,
        status: FileStatus | None = None,
        containing: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> Files:
        """A page of a collection's files, those with trouble first."""
        return self._client.list_files(collection_id, status, containing, offset, limit)

    def search(self, collection_ids: Sequence[int], query: str, limit: int = 6, quotes: int = 3) -> Evidence:
        """Passages and sentences that best answer, numbered in the order in which they are shown."""
        return numbered_as_shown(self._client.search(list(collection_ids), query, limit, quotes))

    def check(self, answer: str, evidence: Evidence) -> tuple[CheckedSentence, ...]:
        """Each sentence of an answer, and what the passages say to it."""
        return tuple(self._client.check_answer(answer, evidence))

    def read_source(self, file_id: int, start: int, end: int) -> Source:
        """A file's text around a span, and its page as an image where there are pages."""
        return self._client.read_source(file_id, start, end)

    def _changed(self) -> None:
        self._publish(CollectionsChanged(tuple(self._client.list_collections())))


def _roots(paths: Sequence[Path]) -> list[Path]:
    # Not resolve(): a link that the person chose stays the link, and may point elsewhere tomorrow.
    roots = list(dict.fromkeys(Path(path).expanduser().absolute() for path in paths))
    if not roots:
        raise DocumentError("No file or folder was given.", "", "Give at least one.")
    for root in roots:
        if not root.exists():
            raise DocumentError(
                f"{root} does not exist.", "It may have been moved or renamed.", "Check the path and try again."
            )
    return roots


def _name_for(roots: Sequence[Path]) -> str:
    if len(roots) == 1:
        return roots[0].name or str(roots[0])
    parents = {root.parent for root in roots}
    if len(parents) == 1:
        return parents.pop().name or roots[0].name
    return f"{roots[0].name} and {len(roots) - 1} more"
