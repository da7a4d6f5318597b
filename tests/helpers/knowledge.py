"""A document ledger on a temporary database, and files put into it without parsing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.database import Database
from app.knowledge.chunk import Chunk
from app.knowledge.client import KnowledgeClient
from app.knowledge.file_records import FileRecord, FileState, chunk_hash
from app.knowledge.ledger import Ledger
from app.knowledge.parse import PARSER_VERSION, ParsedFile
from app.knowledge.protocol import CollectionInfo
from app.knowledge.schema import MIGRATIONS
from app.knowledge.vector_cache import embedded_text

PARAGRAPH = "\n\n"


def open_database(folder: Path) -> Database:
    """A ledger database in a folder of a test."""
    return Database(folder / "ledger.sqlite", folder / "backups", MIGRATIONS, backup_every_s=float("inf"))


def chunks_of(text: str, heading: str = "") -> list[Chunk]:
    """One chunk a paragraph."""
    found, start = [], 0
    for part in text.split(PARAGRAPH):
        found.append(Chunk(start, start + len(part), heading, None, len(part) // 4))
        start += len(part) + len(PARAGRAPH)
    return found


def put_file(
    ledger: Ledger, collection_id: int, path: str, text: str, *, heading: str = "", title: str = ""
) -> FileRecord:
    """Commit a file, or another version of it; returns its row as it was before."""
    on_disk = Path(path).stat() if Path(path).exists() else None
    size, mtime_ns = (on_disk.st_size, on_disk.st_mtime_ns) if on_disk is not None else (len(text), time.time_ns())
    ledger.add_files(collection_id, [(path, size, mtime_ns)])
    file = ledger.files(collection_id)[path]
    chunks = chunks_of(text, heading)
    hashes = hashes_of(text, chunks)
    state = FileState(file.size, file.mtime_ns, chunk_hash(text), PARSER_VERSION)
    ledger.commit_file(file, state, ParsedFile(text, title=title), chunks, hashes)
    return file


def hashes_of(text: str, chunks: Sequence[Chunk]) -> list[bytes]:
    """What identifies the chunks' vectors."""
    return [chunk_hash(embedded_text(c.heading, text[c.start : c.end])) for c in chunks]


def wait_until_indexed(
    client: KnowledgeClient,
    collection_id: int,
    done: Callable[[CollectionInfo], bool] | None = None,
    timeout_s: float = 60.0,
) -> CollectionInfo:
    """Wait for a collection to be idle with all its vectors (or for ``done``); returns how it is then."""
    done = done or (lambda info: info.phase == "idle" and info.embedded == info.chunks and info.pending == 0)
    deadline = time.monotonic() + timeout_s
    while True:
        info = next(info for info in client.list_collections() if info.id == collection_id)
        if done(info):
            return info
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {info}")
        time.sleep(0.02)
