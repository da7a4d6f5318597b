"""What has been indexed, and what is in it: the truth from which every index can be rebuilt.

A file is committed in one transaction (text, pages, chunks, words), so that a kill leaves it whole or absent. Vectors
follow in batches (:mod:`app.knowledge.vector_cache`); until then a chunk is found by its words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

from app.core.database import Row
from app.core.disk import has_room
from app.core.errors import DocumentError
from app.knowledge.chunk import Chunk
from app.knowledge.file_records import FileRecord, FileState, without_surrogates
from app.knowledge.headings import Heading
from app.knowledge.ledger_collections import CollectionTable
from app.knowledge.ledger_content import drop_content, rename_content, replace_content
from app.knowledge.parse.values import ParsedFile
from app.knowledge.protocol import FileInfo, FileStatus


class Ledger(CollectionTable):
    """The document ledger on an open database with :data:`app.knowledge.schema.MIGRATIONS`. Safe from any thread."""

    def list_files(
        self, collection_id: int, status: FileStatus | None, containing: str, offset: int, limit: int
    ) -> tuple[list[FileInfo], int]:
        """A page of files, those with trouble first, and how many match in all."""
        self.check_collection(collection_id)
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
        """The pending file with the lowest id above ``after_id``, of the collections that are there."""
        rows = self._db.execute(
            f"{_SELECT_FILE} WHERE status='pending' AND id>? AND collection_id NOT IN "
            "(SELECT id FROM collections WHERE removed_at IS NOT NULL) ORDER BY id LIMIT 1",
            (after_id,),
        )
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
                    gone += drop_content(self._db, file.id)
                    self._db.execute("DELETE FROM files WHERE id=?", (file.id,))
        return gone

    def mark_unreadable(self, file: FileRecord, status: FileStatus, reason: str, parser_version: int) -> list[int]:
        """``skipped`` or ``failed``: what an earlier version of the file said is dropped. Returns the chunks gone."""
        with self._db.transaction():
            gone = drop_content(self._db, file.id)
            self._db.execute(
                "UPDATE files SET status=?, reason=?, hash=NULL, parser_version=?, pages=NULL, chunks=0 WHERE id=?",
                (status, without_surrogates(reason), parser_version, file.id),
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
            rename_content(self._db, old.id, file.path, old.title)
        return True

    def commit_file(
        self, file: FileRecord, state: FileState, parsed: ParsedFile, chunks: Sequence[Chunk], hashes: Sequence[bytes]
    ) -> list[int]:
        """As :func:`replace_content`: whole, or not at all."""
        return replace_content(self._db, file, state, parsed, chunks, hashes)

    def text(self, file_id: int) -> str:
        """A file's extracted text, as it was when it was indexed; empty when nothing was."""
        rows = self._db.query("SELECT deflated FROM texts WHERE file_id=?", (file_id,))
        return zlib.decompress(rows[0][0]).decode() if rows else ""

    def place(self, file_id: int, offset: int) -> tuple[str, tuple[int, int, int] | None]:
        """The heading above an offset, and its page as ``(number, start, end)``, None in formats without pages."""
        headings = [heading.path for heading in self.headings(file_id, offset, offset + 1)] or [
            row[0]  # read before headings were kept, and gone since
            for row in self._db.query(
                "SELECT heading FROM chunks WHERE file_id=? AND start<=? ORDER BY start DESC LIMIT 1", (file_id, offset)
            )
        ]
        pages = self._db.query(
            'SELECT number, start, "end" FROM pages WHERE file_id=? AND start<=? ORDER BY start DESC LIMIT 1',
            (file_id, offset),
        )
        return (headings[0] if headings else "", (pages[0][0], pages[0][1], pages[0][2]) if pages else None)

    def headings(self, file_id: int, start: int, end: int) -> list[Heading]:
        """The heading in force at ``start``, if there is one, and all others up to ``end``."""
        rows = self._db.query(
            'SELECT start, "end", path FROM headings WHERE file_id=? AND start<? AND start>=coalesce('
            "(SELECT max(start) FROM headings WHERE file_id=? AND start<=?), 0) ORDER BY start",
            (file_id, end, file_id, start),
        )
        return [Heading(*row) for row in rows]

    def disk_is_full(self) -> bool:
        """Whether hardly anything can be written any more."""
        return not has_room(self._db.path.parent)


_SELECT_FILE = (
    "SELECT id, collection_id, path, size, mtime_ns, hash, parser_version, status, chunks, title, pages FROM files"
)


def _record(row: Row) -> FileRecord:
    return FileRecord(*row)
