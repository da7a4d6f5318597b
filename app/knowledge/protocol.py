"""What the window and the knowledge worker may say to each other."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.chat.sources import CheckedSentence, Evidence
from app.core.child import Protocol

VERSION = 1

FileStatus = Literal["pending", "indexed", "skipped", "failed", "missing"]
"""``missing``: it was indexed and is not there now (deleted, or its drive is not mounted); its text is kept."""

IndexPhase = Literal["idle", "scanning", "indexing", "paused"]


class CollectionInfo(msgspec.Struct, frozen=True):
    """A named set of folders and files, and how far its index is."""

    id: int
    name: str
    roots: list[str]
    phase: IndexPhase
    files: int
    indexed: int
    skipped: int
    failed: int
    missing: int
    pending: int
    chunks: int
    embedded: int
    """Chunks whose vector is there; the rest are found by words only until it is."""
    current_file: str = ""
    seconds_left: float | None = None
    problem: str = ""
    """What is wrong with the whole collection (no embedding model, disk full), as a sentence; else empty."""
    halted: bool = False
    """Whether nothing goes on because of ``problem``, which does not pass by itself."""


class FileInfo(msgspec.Struct, frozen=True):
    """One file of a collection. ``reason`` says why it was skipped or failed, and what to do about it."""

    id: int
    collection_id: int
    path: str
    size_bytes: int
    status: FileStatus
    reason: str
    pages: int | None
    chunks: int


class Rect(msgspec.Struct, frozen=True):
    """A rectangle on a page image, in pixels from the top left."""

    x: float
    y: float
    width: float
    height: float


class PageImage(msgspec.Struct, frozen=True):
    """A rendered page (PNG) and where the cited span lies on it."""

    png: bytes
    width: int
    height: int
    marks: list[Rect]


# -- requests ---------------------------------------------------------------------------------------------------------


class CreateCollection(msgspec.Struct, tag=True, frozen=True):
    """Make a collection of files and folders and start to index it. Answer: :class:`Collection`.

    A name that is taken gets a number. Roots must exist.
    """

    name: str
    roots: list[str]


class AddRoots(msgspec.Struct, tag=True, frozen=True):
    """Add files and folders to a collection. Answer: :class:`Collection`."""

    collection_id: int
    roots: list[str]


class RenameCollection(msgspec.Struct, tag=True, frozen=True):
    """Answer: :class:`Collection`."""

    collection_id: int
    name: str


class RemoveCollection(msgspec.Struct, tag=True, frozen=True):
    """Remove a collection and, after a while, its index; the person's files stay as they are. Answer: :class:`Done`."""

    collection_id: int


class RestoreCollection(msgspec.Struct, tag=True, frozen=True):
    """Bring a collection back that was removed a short while ago. Answer: :class:`Collection`."""

    collection_id: int


class Rescan(msgspec.Struct, tag=True, frozen=True):
    """Look for new, changed and vanished files; ``retry_failed``: failed ones too. Answer: :class:`Collection`."""

    collection_id: int
    retry_failed: bool = False


class SetPaused(msgspec.Struct, tag=True, frozen=True):
    """Pause or resume all indexing. Answer: :class:`Done`."""

    paused: bool


class ListCollections(msgspec.Struct, tag=True, frozen=True):
    """Answer: :class:`Collections`."""


class ListFiles(msgspec.Struct, tag=True, frozen=True):
    """A page of a collection's files, those with trouble first. Answer: :class:`Files`."""

    collection_id: int
    status: FileStatus | None = None
    containing: str = ""
    offset: int = 0
    limit: int = 200


class Search(msgspec.Struct, tag=True, frozen=True):
    """Find passages and the sentences in them that best answer. Answer: :class:`Found`."""

    collection_ids: list[int]
    query: str
    limit: int = 6
    quotes: int = 3


class CheckAnswer(msgspec.Struct, tag=True, frozen=True):
    """Align each sentence of an answer with the passages it was given. Answer: :class:`Checked`."""

    answer: str
    evidence: Evidence


class ReadSource(msgspec.Struct, tag=True, frozen=True):
    """A file's text around a span, and its page as an image where there are pages. Answer: :class:`Source`."""

    file_id: int
    start: int
    end: int
    context_chars: int = 4000
    image_width: int = 1200


Request = (
    CreateCollection
    | AddRoots
    | RenameCollection
    | RemoveCollection
    | RestoreCollection
    | Rescan
    | SetPaused
    | ListCollections
    | ListFiles
    | Search
    | CheckAnswer
    | ReadSource
)

# -- replies ----------------------------------------------------------------------------------------------------------


class Done(msgspec.Struct, tag=True, frozen=True):
    """It is done."""


class Collection(msgspec.Struct, tag=True, frozen=True):
    """One collection as it is now."""

    info: CollectionInfo


class Collections(msgspec.Struct, tag=True, frozen=True):
    """All collections, by name. Also sent unasked, at most 5 times a second, while anything changes."""

    infos: list[CollectionInfo]


class Files(msgspec.Struct, tag=True, frozen=True):
    """Some files and how many match in all."""

    files: list[FileInfo]
    total: int


class Found(msgspec.Struct, tag=True, frozen=True):
    """What the documents say to a question."""

    evidence: Evidence


class Checked(msgspec.Struct, tag=True, frozen=True):
    """The answer's sentences, in order."""

    sentences: list[CheckedSentence]


class Source(msgspec.Struct, tag=True, frozen=True):
    """``text`` is the file's text from ``text_start``; the cited span is ``span_start..span_end`` of the file's text.

    ``changed``: the file on the disk is no longer the one that was indexed.
    """

    path: str
    title: str
    heading: str
    page: int | None
    pages: int | None
    text: str
    text_start: int
    span_start: int
    span_end: int
    changed: bool
    image: PageImage | None = None


class Notice(msgspec.Struct, tag=True, frozen=True):
    """Unasked: something the person should know (index rebuilt, ledger restored). Not an error of a call."""

    what: str
    why: str = ""
    next_step: str = ""


Reply = Done | Collection | Collections | Files | Found | Checked | Source | Notice

PROTOCOL: Protocol[Request, Reply] = Protocol("knowledge", VERSION, Request, Reply, "documents' process")
