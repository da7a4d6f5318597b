"""Find the passages that most likely answer a question: by words and by meaning, fused by their ranks.

Reciprocal rank fusion (Cormack et al. 2009, k = 60) needs no common scale of the two scores. As long as there are not
too many vectors, they are compared one by one: Chroma's graph, which is another one in each process, leaves a passage
about something that nothing else is about unreachable now and then, and it may be the very one asked for. Above that
Chroma is asked. It knows nothing of collections (its filters cost a hundred times the search), so more is fetched than
needed and filtered here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from app.chat.sources import Passage
from app.core.database import Database
from app.knowledge.embed import EmbeddingModel
from app.knowledge.embed_llama import Vectors
from app.knowledge.exact import ExactSearch
from app.knowledge.vector_cache import VectorCache
from app.knowledge.vectors import VectorIndex
from app.knowledge.word_index import Term, WordIndex
from app.knowledge.words import words

log = logging.getLogger(__name__)

_RRF_K = 60
_CANDIDATES = 50
_OVERFETCH = (100, 1_000)
_LOOKED_UP = 10_000
_SAME_TEXT = 0.9


@dataclass(frozen=True)
class Meaning:
    """The semantic half: an embedding model, its vectors, and the index of them."""

    model: EmbeddingModel
    cache: VectorCache
    index: VectorIndex


@dataclass(frozen=True)
class Retrieved:
    """Passages, best first. ``cosines``: of passages with a vector, by chunk id. ``vector``: the question's."""

    passages: tuple[Passage, ...] = ()
    terms: tuple[Term, ...] = ()
    cosines: dict[int, float] = field(default_factory=dict)
    vector: Vectors | None = None


class Retriever:
    """Searches collections. ``meaning`` None: by words only. Safe from any thread."""

    def __init__(self, database: Database, meaning: Meaning | None) -> None:
        self._db = database
        self._words = WordIndex(database)
        self._meaning = meaning
        self._exact = ExactSearch(meaning.cache) if meaning is not None else None

    def embed(self, query: str) -> Vectors | None:
        """The question's vector; None without an embedding model."""
        return self._meaning.model.embed_query(query) if self._meaning is not None and query.strip() else None

    def search(self, collection_ids: Sequence[int], query: str, limit: int, vector: Vectors | None) -> Retrieved:
        """At most ``limit`` passages for ``query``, near-duplicates left out; ``vector`` from :meth:`embed`."""
        terms = self._words.terms(query)
        by_words = [chunk for chunk, _ in self._words.search(terms, collection_ids, _CANDIDATES)]
        by_meaning = [chunk for chunk, _ in self._nearest(vector, collection_ids)] if vector is not None else []
        fused = fuse([by_words, by_meaning])
        passages = self._passages(fused[: 4 * limit + 10], limit)
        return Retrieved(passages, tuple(terms), self._cosines(vector, [p.chunk_id for p in passages]), vector)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _nearest(self, vector: Vectors, collection_ids: Sequence[int]) -> list[tuple[int, float]]:
        assert self._meaning is not None and self._exact is not None
        exact = self._exact.nearest(vector, collection_ids)
        if exact is not None:
            return self._first_there(*exact, collection_ids)
        kept: list[tuple[int, float]] = []
        for fetch in _OVERFETCH:
            try:
                found = self._meaning.index.nearest(vector, fetch)
            except Exception:  # a damaged index, which opening mends; until then words find
                log.exception("the vector index failed on a search")
                break
            kept = self._only_in(found, collection_ids)
            if len(kept) >= _CANDIDATES or len(found) < fetch:
                break
        return kept[:_CANDIDATES]

    def _first_there(
        self, ids: Sequence[int], cosines: Vectors, collection_ids: Sequence[int]
    ) -> list[tuple[int, float]]:
        """The best of a ranking that are still there. Nearly always among the first: more are looked up as needed."""
        kept: list[tuple[int, float]] = []
        start, size = 0, 2 * _CANDIDATES
        while start < len(ids) and len(kept) < _CANDIDATES:
            some = zip(ids[start : start + size], cosines[start : start + size].tolist(), strict=True)
            kept += self._only_in(list(some), collection_ids)
            start, size = start + size, _LOOKED_UP
        return kept[:_CANDIDATES]

    def _only_in(self, found: Sequence[tuple[int, float]], collection_ids: Sequence[int]) -> list[tuple[int, float]]:
        if not found:
            return []
        here = ",".join("?" * len(found))
        marks = ",".join("?" * len(collection_ids))
        rows = self._db.query(
            f"SELECT c.id FROM chunks c JOIN files f ON f.id=c.file_id WHERE c.id IN ({here}) "
            f"AND c.collection_id IN ({marks}) AND f.status IN ('indexed', 'pending')",
            (*(chunk for chunk, _ in found), *collection_ids),
        )
        kept = {row[0] for row in rows}
        return [(chunk, score) for chunk, score in found if chunk in kept]

    def _passages(self, fused: Sequence[tuple[int, float]], limit: int) -> tuple[Passage, ...]:
        marks = ",".join("?" * len(fused))
        rows = {
            row[0]: row
            for row in self._db.query(
                'SELECT c.id, c.file_id, c.collection_id, f.path, f.title, c.heading, c.page, c.start, c."end", c.text '
                f"FROM chunks c JOIN files f ON f.id=c.file_id WHERE c.id IN ({marks})",
                [chunk for chunk, _ in fused],
            )
        }
        passages: list[Passage] = []
        seen: list[frozenset[str]] = []
        for chunk, score in fused:
            if chunk not in rows or len(passages) == limit:
                continue
            _, file_id, collection_id, path, title, heading, page, start, end, text = rows[chunk]
            stems = frozenset(word.stem for word in words(text))
            if any(_overlap(stems, other) >= _SAME_TEXT for other in seen):
                continue
            seen.append(stems)
            shown = title or PurePath(path).name
            number = len(passages) + 1
            passages.append(
                Passage(number, chunk, file_id, collection_id, path, shown, heading, page, start, end, text, score)
            )
        return tuple(passages)

    def _cosines(self, vector: Vectors | None, chunk_ids: Sequence[int]) -> dict[int, float]:
        if vector is None or self._meaning is None or not chunk_ids:
            return {}
        ids, matrix = self._meaning.cache.vectors_of(chunk_ids)
        return dict(zip(ids, (matrix @ vector).tolist(), strict=True)) if ids else {}


def fuse(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: rank r (from 1) gives weight / (60 + r). Best first, ties by id."""
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (_RRF_K + rank)
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0
