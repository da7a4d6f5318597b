"""What a file says, in the ledger: its text, headings, pages, chunks and words, always changed together."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from app.core.database import Database, Row
from app.knowledge.chunk import Chunk
from app.knowledge.file_records import FileRecord, FileState, without_surrogates
from app.knowledge.headings import headings_of
from app.knowledge.parse.values import ParsedFile


def replace_content(
    database: Database,
    file: FileRecord,
    state: FileState,
    parsed: ParsedFile,
    chunks: Sequence[Chunk],
    hashes: Sequence[bytes],
) -> list[int]:
    """A file's new content in place of its old one, whole. ``hashes``: one of each chunk's text as it is embedded.

    Chunks that are the same as before keep their id, and with it their vector. Returns the ids that are gone.
    """
    text = without_surrogates(parsed.text)
    with database.transaction():
        old: dict[tuple[bytes, str], list[int]] = {}
        rows = database.execute("SELECT id, hash, heading FROM chunks WHERE file_id=?", (file.id,))
        for chunk_id, old_digest, old_heading in rows:
            old.setdefault((old_digest, old_heading), []).append(chunk_id)
        new_words: list[Row] = []
        for ordinal, (chunk, digest) in enumerate(zip(chunks, hashes, strict=True)):
            span = (ordinal, chunk.start, chunk.end, chunk.page)
            heading = without_surrogates(chunk.heading)
            if same := old.get((digest, heading)):
                database.execute(
                    'UPDATE chunks SET ordinal=?, start=?, "end"=?, page=? WHERE id=?', (*span, same.pop(0))
                )
                continue
            chunk_text = text[chunk.start : chunk.end]
            chunk_id = database.insert(
                'INSERT INTO chunks (ordinal, start, "end", page, file_id, collection_id, heading, text, hash) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*span, file.id, file.collection_id, heading, chunk_text, digest),
            )
            new_words.append((chunk_id, chunk_text, heading))
        gone = [chunk_id for left in old.values() for chunk_id in left]
        _forget_words(database, gone)
        database.execute_many("DELETE FROM chunks WHERE id=?", [(chunk_id,) for chunk_id in gone])
        _learn_words(database, new_words, _name(file.path, parsed.title))
        deflated = zlib.compress(text.encode(), 1)
        database.execute("INSERT OR REPLACE INTO texts (file_id, deflated) VALUES (?, ?)", (file.id, deflated))
        database.execute("DELETE FROM pages WHERE file_id=?", (file.id,))
        database.execute_many(
            'INSERT INTO pages (file_id, number, start, "end") VALUES (?, ?, ?, ?)',
            [(file.id, page.number, page.start, page.end) for page in parsed.pages],
        )
        database.execute("DELETE FROM headings WHERE file_id=?", (file.id,))
        database.execute_many(
            'INSERT INTO headings (file_id, start, "end", path) VALUES (?, ?, ?, ?)',
            [(file.id, h.start, h.end, without_surrogates(h.path)) for h in headings_of(parsed)],
        )
        database.execute(
            "UPDATE files SET status='indexed', reason='', title=?, size=?, mtime_ns=?, hash=?, parser_version=?, "
            "pages=?, chunks=? WHERE id=?",
            (without_surrogates(parsed.title), state.size, state.mtime_ns, state.hash, state.parser_version,
             len(parsed.pages) or None, len(chunks), file.id),
        )  # fmt: skip
    return gone


def rename_content(database: Database, file_id: int, path: str, title: str) -> None:
    """Its chunks are found by the new file name from now on. In a transaction of the caller's."""
    chunks = database.execute("SELECT id, text, heading FROM chunks WHERE file_id=?", (file_id,))
    _forget_words(database, (row[0] for row in chunks))
    _learn_words(database, chunks, _name(path, title))


def drop_content(database: Database, file_id: int) -> list[int]:
    """Forget what a file said. Returns the ids of the chunks that are gone. In a transaction of the caller's."""
    gone = [row[0] for row in database.execute("SELECT id FROM chunks WHERE file_id=?", (file_id,))]
    _forget_words(database, gone)
    for table in ("chunks", "headings", "pages", "texts"):
        database.execute(f"DELETE FROM {table} WHERE file_id=?", (file_id,))
    return gone


def _learn_words(database: Database, chunks: Iterable[Row], name: str) -> None:
    database.execute_many(
        "INSERT INTO words (rowid, text, heading, name) VALUES (?, ?, ?, ?)",
        [(chunk_id, text, heading, name) for chunk_id, text, heading in chunks],
    )


def _forget_words(database: Database, chunk_ids: Iterable[int]) -> None:
    database.execute_many("DELETE FROM words WHERE rowid=?", [(chunk_id,) for chunk_id in chunk_ids])


def _name(path: str, title: str) -> str:
    return f"{PurePath(path).name} {without_surrogates(title)}".strip()
