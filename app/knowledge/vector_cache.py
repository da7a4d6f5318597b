"""Every vector that was ever computed, by embedding model and text: the same text is never embedded twice.

Stored as 16-bit floats; their error (about 0.0003 in a cosine) is far below what separates two passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.core.database import Database
from app.knowledge.embed_llama import Vectors
from app.knowledge.headings import HEADING_JOINT

_LONGEST_HEADING = 300


@dataclass(frozen=True)
class WaitingChunk:
    """A chunk whose vector is not there yet. ``known``: it was computed for another chunk with the same text."""

    id: int
    collection_id: int
    hash: bytes
    heading: str
    text: str
    known: Vectors | None


@dataclass(frozen=True)
class Stamp:
    """``count`` vectors, and two sums over the chunks' ids, which are never used again, and their vectors' ids."""

    count: int
    ids: int
    pairs: int


class VectorCache:
    """The vectors of one embedding model, in the ledger's database."""

    def __init__(self, database: Database, model_key: str) -> None:
        self._db = database
        with database.transaction():
            database.execute("INSERT OR IGNORE INTO models (key) VALUES (?)", (model_key,))
            [(self._model_id,)] = database.execute("SELECT id FROM models WHERE key=?", (model_key,))
            # Chunks point to their vector of the model in use; after a change of model they point to the other one's.
            stale = "vector_id IS NOT NULL AND vector_id NOT IN (SELECT id FROM vectors WHERE model_id=?)"
            if database.execute(f"SELECT 1 FROM chunks WHERE {stale} LIMIT 1", (self._model_id,)):
                database.execute(
                    "UPDATE chunks SET vector_id=(SELECT id FROM vectors WHERE model_id=? AND hash=chunks.hash)",
                    (self._model_id,),
                )
            database.execute("DELETE FROM vectors WHERE hash NOT IN (SELECT hash FROM chunks)")

    def waiting(self, limit: int) -> list[WaitingChunk]:
        """Up to ``limit`` chunks without a vector, oldest first, of the collections that are there."""
        rows = self._db.execute(
            "SELECT c.id, c.collection_id, c.hash, c.heading, c.text, v.vector FROM chunks c LEFT JOIN vectors v "
            "ON v.model_id=? AND v.hash=c.hash WHERE c.vector_id IS NULL "
            "AND c.collection_id NOT IN (SELECT id FROM collections WHERE removed_at IS NOT NULL) "
            "ORDER BY c.id LIMIT ?",
            (self._model_id, limit),
        )
        return [
            WaitingChunk(chunk_id, collection_id, digest, heading, text, _vector(blob) if blob is not None else None)
            for chunk_id, collection_id, digest, heading, text, blob in rows
        ]

    def store(self, vectors: Iterable[tuple[bytes, Vectors]], chunk_ids: Sequence[int]) -> list[int]:
        """Keep new vectors by hash, and point the chunks to theirs. Returns the chunks that are still there."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR IGNORE INTO vectors (model_id, hash, vector) VALUES (?, ?, ?)",
                [(self._model_id, digest, vector.astype(np.float16).tobytes()) for digest, vector in vectors],
            )
            self._db.execute_many(
                "UPDATE chunks SET vector_id=(SELECT id FROM vectors WHERE model_id=? AND hash=chunks.hash) WHERE id=?",
                [(self._model_id, chunk_id) for chunk_id in chunk_ids],
            )
            marks = ",".join("?" * len(chunk_ids))
            rows = self._db.execute(f"SELECT id FROM chunks WHERE id IN ({marks}) AND vector_id IS NOT NULL", chunk_ids)
        return [row[0] for row in rows]

    def embedded_ids(self, collection_id: int | None = None) -> list[int]:
        """All chunks that have their vector, of all collections or of one, in order."""
        where = "" if collection_id is None else " AND collection_id=?"
        values = () if collection_id is None else (collection_id,)
        rows = self._db.query(f"SELECT id FROM chunks WHERE vector_id IS NOT NULL{where} ORDER BY id", values)
        return [row[0] for row in rows]

    def stamp(self, collection_id: int) -> Stamp:
        """What differs whenever a collection's vectors do; read from an index alone."""
        [row] = self._db.query(
            "SELECT count(*), coalesce(sum(id), 0), coalesce(sum(id % 65521 * vector_id), 0) FROM chunks "
            "WHERE collection_id=? AND vector_id IS NOT NULL",
            (collection_id,),
        )
        return Stamp(*row)

    def vectors_of(self, chunk_ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """The vectors of some chunks: ids and (n, dimensions); chunks without one are left out."""
        found: list[tuple[int, bytes]] = []
        for start in range(0, len(chunk_ids), 1000):
            some = chunk_ids[start : start + 1000]
            marks = ",".join("?" * len(some))
            found += [
                (row[0], row[1])
                for row in self._db.query(
                    f"SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.id=c.vector_id WHERE c.id IN ({marks})",
                    some,
                )
            ]
        return _matrix(found)


def embedded_text(heading: str, text: str) -> str:
    """What of a chunk is embedded: the headings above it say what it is about, often in words that it never repeats.

    A chunk that begins with its own heading has it once.
    """
    above = [part for part in heading[-_LONGEST_HEADING:].split(HEADING_JOINT) if part]
    if above and above[-1] in text[: len(above[-1]) + 8]:
        above.pop()
    return "\n".join((HEADING_JOINT.join(above), text)) if above else text


def _vector(blob: bytes) -> Vectors:
    return np.frombuffer(blob, np.float16).astype(np.float32)


def _matrix(found: list[tuple[int, bytes]]) -> tuple[list[int], Vectors]:
    if not found:
        return [], np.zeros((0, 0), np.float32)
    stacked = np.frombuffer(b"".join(blob for _, blob in found), np.float16).astype(np.float32)
    return [chunk_id for chunk_id, _ in found], stacked.reshape(len(found), -1)
