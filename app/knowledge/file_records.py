"""A file as the ledger knows it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from app.knowledge.protocol import FileStatus

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class FileRecord:
    """A row of ``files``, as the indexer needs it."""

    id: int
    collection_id: int
    path: str
    size: int
    mtime_ns: int
    hash: bytes | None
    parser_version: int
    status: FileStatus
    chunks: int
    title: str = ""
    pages: int | None = None


@dataclass(frozen=True)
class FileState:
    """A file as it was read: what tells later whether it has changed."""

    size: int
    mtime_ns: int
    hash: bytes
    parser_version: int


@dataclass(frozen=True)
class Counts:
    """How far a collection is."""

    by_status: dict[str, int]
    chunks: int
    embedded: int


def without_surrogates(text: str) -> str:
    """Lone surrogates have no UTF-8 form; each becomes one other character, so that offsets stay."""
    return _SURROGATE.sub("\ufffd", text)


def chunk_hash(embedded_text: str) -> bytes:
    """What identifies a chunk's vector: 16 bytes of the text that is embedded."""
    return hashlib.blake2b(without_surrogates(embedded_text).encode(), digest_size=16).digest()
