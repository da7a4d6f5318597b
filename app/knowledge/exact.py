"""Compare a question with every vector of some collections: exact, and up to some ten thousand vectors quick enough.

The vectors stay in memory, by collection. Each search asks the ledger in one covering index scan (a millisecond for
10,000 chunks) whether a collection's are still those; after a change only the new ones are read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.knowledge.embed_llama import Vectors
from app.knowledge.vector_cache import Stamp, VectorCache


@dataclass(frozen=True)
class _Table:
    stamp: Stamp
    ids: tuple[int, ...]
    vectors: Vectors
    """(n, dimensions), row by row those of ``ids``, in order."""


class ExactSearch:
    """The vectors of one embedding model, at most ``up_to`` of them compared, and held, at once. Safe from any thread.

    20,000 vectors of 384 dimensions are 31 MB.
    """

    def __init__(self, cache: VectorCache, up_to: int = 20_000) -> None:
        self._cache = cache
        self._up_to = up_to
        self._tables: OrderedDict[int, _Table] = OrderedDict()
        self._lock = threading.Lock()

    def nearest(self, vector: Vectors, collection_ids: Sequence[int]) -> tuple[list[int], Vectors] | None:
        """All chunks with a vector in these collections, best first, and their cosines; None when there are too many.

        Nothing tells apart chunks of files that are missing now.
        """
        stamps = {collection: self._cache.stamp(collection) for collection in collection_ids}
        if sum(stamp.count for stamp in stamps.values()) > self._up_to:
            return None
        with self._lock:
            tables = [self._table(collection, stamp) for collection, stamp in stamps.items() if stamp.count]
            self._drop_unused(len(tables))
        if not tables:
            return [], np.zeros(0, np.float32)
        ids = [chunk for table in tables for chunk in table.ids]
        cosines = np.concatenate([table.vectors @ vector for table in tables])
        order = np.argsort(-cosines, kind="stable")
        return [ids[i] for i in order], cosines[order]

    def _table(self, collection_id: int, stamp: Stamp) -> _Table:
        held = self._tables.pop(collection_id, None)
        if held is None or held.stamp != stamp:
            held = self._read(collection_id, stamp, held)
        self._tables[collection_id] = held
        return held

    def _read(self, collection_id: int, stamp: Stamp, before: _Table | None) -> _Table:
        ids = self._cache.embedded_ids(collection_id)
        rows = {chunk: row for row, chunk in enumerate(before.ids)} if before is not None else {}
        new_ids, new = self._cache.vectors_of([chunk for chunk in ids if chunk not in rows])
        if before is None or not rows.keys() & set(ids):
            return _Table(stamp, tuple(new_ids), new)
        kept = [chunk for chunk in ids if chunk in rows]
        vectors = before.vectors[[rows[chunk] for chunk in kept]]
        return _Table(stamp, (*kept, *new_ids), np.concatenate([vectors, new]) if new_ids else vectors)

    def _drop_unused(self, in_use: int) -> None:
        while len(self._tables) > in_use and sum(len(table.ids) for table in self._tables.values()) > self._up_to:
            self._tables.popitem(last=False)
