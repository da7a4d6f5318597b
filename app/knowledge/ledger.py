"""What has been indexed, and what is in it: the truth from which every index can be rebuilt.

A file is committed in one transaction (text, pages, chunks, words), so that a kill leaves it whole or absent. Vectors
follow in batches (:mod:`app.knowledge.vector_cache`); until then a chunk is found by its words.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from app.core.database import Database, Row
from app.core.errors import DocumentError
from app.knowledge.chunk import Chunk
from app.knowledge.parse.values import ParsedFile
from app.knowledge.protocol import FileInfo, FileStatus

_FULL_BELOW = 16 * 1024 * 1024
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


class Ledger:
    """The document ledger on an open database with :data:`app.knowledge.schema.MIGRATIONS`. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- collections ----------------------------------------------------------------------------------------------

    def create_collection(self, name: str, roots: Iterable[str]) -> int:
        """Returns the id. A name that is taken gets a number: "Notes (2)"."""
        with self._db.transaction():
            collection_id = self._db.insert("INSERT INTO collections (name) VALUES (?)", (self._free_name(name),))
            self.add_roots(collection_id, roots)
        return collection_id

    def add_roots(self, collection_id: int, roots: Iterable[str]) -> None:
        """Add folders and files; those that are there already stay."""
        self._check_collection(collection_id)
        self._db.execute_many(
            "INSERT OR IGNORE INTO roots (collection_id, path) VALUES (?, ?)", [(collection_id, path) for path in roots]
        )

    def rename_collection(self, collection_id: int, name: str) -> None:
        """A name that is taken gets a number."""
        self._check_collection(collection_id)
        with self._db.transaction():
            self._db.execute("UPDATE collections SET name='' WHERE id=?", (collection_id,))
            self._db.execute("UPDATE collections SET name=? WHERE id=?", (self._free_name(name), collection_id))

    def remove_collection(self, collection_id: int) -> list[int]:
        """Forget it and all of its files. Returns the ids of the chunks that are gone."""
        with self._db.transaction():
            gone = self._ids("SELECT id FROM chunks WHERE collection_id=?", collection_id)
            self._db.execute(
                "DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE collection_id=?)", (collection_id,)
            )
            self._db.execute("DELETE FROM chunks WHERE collection_id=?", (collection_id,))
            self._db.execute("DELETE FROM collections WHERE id=?", (collection_id,))
        return gone

    def collections(self) -> list[tuple[int, str]]:
        """Ids and names, by name."""
        return [(row[0], row[1]) for row in self._db.query("SELECT id, name FROM collections ORDER BY name, id")]

    def roots(self, collection_id: int) -> list[str]:
        """A collection's folders and files, in the order they were added."""
        return [
            path
            for (path,) in self._db.query("SELECT path FROM roots WHERE collection_id=? ORDER BY id", (collection_id,))
        ]

    def counts(self, collection_id: int) -> Counts:
        """How many files are in which state, how many chunks there are, how many have their vector."""
        by_status = self._db.query(
            "SELECT status, count(*) FROM files WHERE collection_id=? GROUP BY status", (collection_id,)
        )
        [(chunks, embedded)] = self._db.query(
            "SELECT count(*), count(vector_id) FROM chunks WHERE collection_id=?", (collection_id,)
        )
        return Counts({str(status): int(count) for status, count in by_status}, chunks, embedded)

    # -- files ----------------------------------------------------------------------------------------------------

    def list_files(
        self, collection_id: int, status: FileStatus | None, containing: str, offset: int, limit: int
    ) -> tuple[list[FileInfo], int]:
        """A page of files, those with trouble first, and how many match in all."""
        self._check_collection(collection_id)
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", containing) + "%"
        where = "collection_id=? AND (? IS NULL OR status=?) AND path LIKE ? ESCAPE '\\'"
        values = (collection_id, status, status, pattern)
        rows = self._db.query(
            f"SELECT id, collection_id, path, size, status, reason, pages, chunks FROM files WHERE {where} "
            "ORDER BY instr('failed  missing skipped pending indexed', status), path LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        [(total,)] = self._db.query(f"SELECT count(*) FROM files WHERE {where}", values)
        return [FileInfo(*row) for row in rows], total

    def files(self, collection_id: int) -> dict[str, FileRecord]:
        """All of a collection's files, by path."""
        rows = self._db.query(f"{_SELECT_FILE} WHERE collection_id=?", (collection_id,))
        return {record.path: record for record in map(_record, rows)}

    def file(self, file_id: int) -> FileRecord:
        """Error: :class:`DocumentError` when it is not in the ledger (any more)."""
        rows = self._db.query(f"{_SELECT_FILE} WHERE id=?", (file_id,))
        if not rows:
            raise DocumentError(
                "This source is not in the index any more.",
                "Its collection was removed, or the file has vanished.",
                "Ask again to search what is there now.",
            )
        return _record(rows[0])

    def has_file(self, file_id: int) -> bool:
        """Whether a file is (still) known."""
        return bool(self._db.query("SELECT 1 FROM files WHERE id=?", (file_id,)))

    def next_pending(self, after_id: int = 0) -> FileRecord | None:
        """The pending file with the lowest id above ``after_id``."""
        rows = self._db.execute(f"{_SELECT_FILE} WHERE status='pending' AND id>? ORDER BY id LIMIT 1", (after_id,))
        return _record(rows[0]) if rows else None

    def pending_bytes(self) -> dict[int, int]:
        """Bytes of the files still to be read, by collection."""
        rows = self._db.query(
            "SELECT collection_id, sum(size) FROM files WHERE status='pending' GROUP BY collection_id"
        )
        return {collection: int(size) for collection, size in rows}

    def add_files(self, collection_id: int, found: Iterable[tuple[str, int, int]]) -> None:
        """New or changed files ``(path, size, mtime_ns)``: they become pending."""
        self._db.execute_many(
            "INSERT INTO files (collection_id, path, size, mtime_ns, status) VALUES (?, ?, ?, ?, 'pending') "
            "ON CONFLICT (collection_id, path) DO UPDATE SET size=excluded.size, mtime_ns=excluded.mtime_ns, "
            "status='pending', reason=''",
            [(collection_id, path, size, mtime_ns) for path, size, mtime_ns in found],
        )

    def skip_paths(self, collection_id: int, skipped: Iterable[tuple[str, str]]) -> None:
        """Paths that are not looked into ``(path, reason)``: shown, so that nothing is left out silently."""
        self._db.execute_many(
            "INSERT INTO files (collection_id, path, size, mtime_ns, status, reason) VALUES (?, ?, 0, 0, 'skipped', ?) "
            "ON CONFLICT (collection_id, path) DO UPDATE SET status='skipped', reason=excluded.reason",
            [(collection_id, path, reason) for path, reason in skipped],
        )

    def retry_failed(self, collection_id: int) -> None:
        """Failed files become pending."""
        self._db.execute(
            "UPDATE files SET status='pending', reason='' WHERE collection_id=? AND status='failed'", (collection_id,)
        )

    def mark_there(self, file_id: int) -> None:
        """A missing file is back as it was."""
        self._db.execute("UPDATE files SET status='indexed', reason='' WHERE id=?", (file_id,))

    def mark_missing(self, files: Iterable[FileRecord], reason: str) -> list[int]:
        """Files that are not there now. What was indexed keeps its text; the rest is forgotten. Returns chunks gone."""
        gone: list[int] = []
        with self._db.transaction():
            for file in files:
                if file.chunks or file.status in ("indexed", "missing"):
                    self._db.execute("UPDATE files SET status='missing', reason=? WHERE id=?", (reason, file.id))
                else:
                    gone += self._drop_content(file.id)
                    self._db.execute("DELETE FROM files WHERE id=?", (file.id,))
        return gone

    def mark_unreadable(self, file: FileRecord, status: FileStatus, reason: str, parser_version: int) -> list[int]:
        """``skipped`` or ``failed``: what an earlier version of the file said is dropped. Returns the chunks gone."""
        with self._db.transaction():
            gone = self._drop_content(file.id)
            self._db.execute(
                "UPDATE files SET status=?, reason=?, hash=NULL, parser_version=?, pages=NULL, chunks=0 WHERE id=?",
                (status, _clean(reason), parser_version, file.id),
            )
        return gone

    def mark_unchanged(self, file: FileRecord, state: FileState) -> None:
        """Its times changed, its content did not."""
        self._db.execute(
            "UPDATE files SET status='indexed', reason='', size=?, mtime_ns=? WHERE id=?",
            (state.size, state.mtime_ns, file.id),
        )

    def adopt_renamed(self, file: FileRecord, state: FileState) -> bool:
        """If ``file`` is a missing file of the same collection under a new name, take over all that is known of it."""
        with self._db.transaction():
            rows = self._db.execute(
                f"{_SELECT_FILE} WHERE collection_id=? AND hash=? AND status='missing' AND parser_version=? AND id<>? "
                "LIMIT 1",
                (file.collection_id, state.hash, state.parser_version, file.id),
            )
            if not rows or file.chunks:
                return False
            old = _record(rows[0])
            self._db.execute("DELETE FROM files WHERE id=?", (file.id,))
            self._db.execute(
                "UPDATE files SET path=?, size=?, mtime_ns=?, status='indexed', reason='' WHERE id=?",
                (file.path, state.size, state.mtime_ns, old.id),
            )
            chunks = self._db.execute("SELECT id, text, heading FROM chunks WHERE file_id=?", (old.id,))
            self._forget_words(row[0] for row in chunks)
            self._learn_words(chunks, _name(file.path, old.title))
        return True

    def commit_file(
        self, file: FileRecord, state: FileState, parsed: ParsedFile, chunks: Sequence[Chunk], hashes: Sequence[bytes]
    ) -> list[int]:
        """A file's new content in place of its old one, whole. ``hashes``: one of each chunk's text as it is embedded.

        Chunks that are the same as before keep their id, and with it their vector. Returns the ids that are gone.
        """
        text = _clean(parsed.text)
        with self._db.transaction():
            old: dict[bytes, list[int]] = {}
            for chunk_id, digest in self._db.execute("SELECT id, hash FROM chunks WHERE file_id=?", (file.id,)):
                old.setdefault(digest, []).append(chunk_id)
            new_words: list[Row] = []
            for ordinal, (chunk, digest) in enumerate(zip(chunks, hashes, strict=True)):
                span = (ordinal, chunk.start, chunk.end, chunk.page)
                if old.get(digest):
                    self._db.execute(
                        'UPDATE chunks SET ordinal=?, start=?, "end"=?, page=? WHERE id=?', (*span, old[digest].pop(0))
                    )
                    continue
                heading = _clean(chunk.heading)
                chunk_text = text[chunk.start : chunk.end]
                chunk_id = self._db.insert(
                    'INSERT INTO chunks (ordinal, start, "end", page, file_id, collection_id, heading, text, hash) '
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*span, file.id, file.collection_id, heading, chunk_text, digest),
                )
                new_words.append((chunk_id, chunk_text, heading))
            gone = [chunk_id for left in old.values() for chunk_id in left]
            self._forget_words(gone)
            self._db.execute_many("DELETE FROM chunks WHERE id=?", [(chunk_id,) for chunk_id in gone])
            self._learn_words(new_words, _name(file.path, parsed.title))
            deflated = zlib.compress(text.encode(), 1)
            self._db.execute("INSERT OR REPLACE INTO texts (file_id, deflated) VALUES (?, ?)", (file.id, deflated))
            self._db.execute("DELETE FROM pages WHERE file_id=?", (file.id,))
            self._db.execute_many(
                'INSERT INTO pages (file_id, number, start, "end") VALUES (?, ?, ?, ?)',
                [(file.id, page.number, page.start, page.end) for page in parsed.pages],
            )
            self._db.execute(
                "UPDATE files SET status='indexed', reason='', title=?, size=?, mtime_ns=?, hash=?, parser_version=?, "
                "pages=?, chunks=? WHERE id=?",
                (_clean(parsed.title), state.size, state.mtime_ns, state.hash, state.parser_version,
                 len(parsed.pages) or None, len(chunks), file.id),
            )  # fmt: skip
        return gone

    def text(self, file_id: int) -> str:
        """A file's extracted text, as it was when it was indexed; empty when nothing was."""
        rows = self._db.query("SELECT deflated FROM texts WHERE file_id=?", (file_id,))
        return zlib.decompress(rows[0][0]).decode() if rows else ""

    def place(self, file_id: int, offset: int) -> tuple[str, tuple[int, int, int] | None]:
        """The heading above an offset, and its page as ``(number, start, end)``, None in formats without pages."""
        headings = self._db.query(
            "SELECT heading FROM chunks WHERE file_id=? AND start<=? ORDER BY start DESC LIMIT 1", (file_id, offset)
        )
        pages = self._db.query(
            'SELECT number, start, "end" FROM pages WHERE file_id=? AND start<=? ORDER BY start DESC LIMIT 1',
            (file_id, offset),
        )
        return (headings[0][0] if headings else "", (pages[0][0], pages[0][1], pages[0][2]) if pages else None)

    def disk_is_full(self) -> bool:
        """Whether hardly anything can be written any more."""
        return shutil.disk_usage(self._db.path.parent).free < _FULL_BELOW

    # -- inside ---------------------------------------------------------------------------------------------------

    def _drop_content(self, file_id: int) -> list[int]:
        gone = self._ids("SELECT id FROM chunks WHERE file_id=?", file_id)
        self._forget_words(gone)
        for table in ("chunks", "pages", "texts"):
            self._db.execute(f"DELETE FROM {table} WHERE file_id=?", (file_id,))
        return gone

    def _learn_words(self, chunks: Iterable[Row], name: str) -> None:
        self._db.execute_many(
            "INSERT INTO words (rowid, text, heading, name) VALUES (?, ?, ?, ?)",
            [(chunk_id, text, heading, name) for chunk_id, text, heading in chunks],
        )

    def _forget_words(self, chunk_ids: Iterable[int]) -> None:
        self._db.execute_many("DELETE FROM words WHERE rowid=?", [(chunk_id,) for chunk_id in chunk_ids])

    def _ids(self, sql: str, value: int) -> list[int]:
        return [row[0] for row in self._db.execute(sql, (value,))]

    def _check_collection(self, collection_id: int) -> None:
        if not self._db.query("SELECT 1 FROM collections WHERE id=?", (collection_id,)) and not self._db.execute(
            "SELECT 1 FROM collections WHERE id=?", (collection_id,)
        ):
            raise DocumentError("This collection is not there any more.", "It was removed.", "Choose another one.")

    def _free_name(self, wanted: str) -> str:
        base = _clean(" ".join(wanted.split())) or "Documents"
        name, n = base, 1
        while self._db.execute("SELECT 1 FROM collections WHERE name=?", (name,)):
            n += 1
            name = f"{base} ({n})"
        return name


_SELECT_FILE = (
    "SELECT id, collection_id, path, size, mtime_ns, hash, parser_version, status, chunks, title, pages FROM files"
)


def _record(row: Row) -> FileRecord:
    return FileRecord(*row)


def _name(path: str, title: str) -> str:
    return f"{PurePath(path).name} {_clean(title)}".strip()


def _clean(text: str) -> str:
    """Lone surrogates have no UTF-8 form; each becomes one other character, so that offsets stay."""
    return _SURROGATE.sub("\ufffd", text)


def chunk_hash(embedded_text: str) -> bytes:
    """What identifies a chunk's vector: 16 bytes of the text that is embedded."""
    return hashlib.blake2b(_clean(embedded_text).encode(), digest_size=16).digest()
