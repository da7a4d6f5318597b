"""Full-text search in the ledger: SQLite's FTS5 with Porter stemming, ranked by BM25."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.database import Database
from app.knowledge.words import STOP_WORDS, without_possessive, words

_MOST_TERMS = 32
# A term that is in more than this share of a large index costs most of the time and says nothing.
_COMMON_SHARE = 0.2
_LARGE = 5_000
# Counting stops here: a more frequent term is as common as they come.
_COUNT_UP_TO = 50_000


@dataclass(frozen=True)
class Term:
    """A word of a question. ``idf``: how rare it is in the index, ln(1 + N/n); most for those it lacks."""

    text: str
    idf: float
    is_known: bool


class WordIndex:
    """Reads the ``words`` table that the ledger fills. Safe from any thread."""

    #: BM25 weights of text, heading and file name with title.
    WEIGHTS = (1.0, 0.6, 0.4)

    def __init__(self, database: Database) -> None:
        self._db = database

    def terms(self, query: str) -> list[Term]:
        """The words of a question that say something, at most 32, and how rare each is; all words if all are common."""
        # "Watt's" would be found only where the text says so too, and be taken for a rare word.
        found = [without_possessive(word.written.lower()) for word in words(query)]
        content = [text for text in found if text not in STOP_WORDS] or found
        total = self._total()
        terms = []
        for text in list(dict.fromkeys(content))[:_MOST_TERMS]:
            count = self._count(text)
            terms.append(Term(text, math.log(1 + total / max(count, 0.5)), count > 0))
        return terms

    def search(self, terms: Sequence[Term], collection_ids: Sequence[int], limit: int) -> list[tuple[int, float]]:
        """Chunks with any of the terms: ids and BM25 scores (higher is better), best first."""
        known = [term for term in terms if term.is_known]
        if self._total() > _LARGE:
            least = math.log(1 + 1 / _COMMON_SHARE)
            known = [term for term in known if term.idf > least] or known[:3]
        if not known or not collection_ids:
            return []
        marks = ",".join("?" * len(collection_ids))
        rows = self._db.query(
            "SELECT w.rowid, -bm25(words, ?, ?, ?) AS score FROM words w JOIN chunks c ON c.id=w.rowid "
            "JOIN files f ON f.id=c.file_id "
            f"WHERE words MATCH ? AND c.collection_id IN ({marks}) AND f.status IN ('indexed', 'pending') "
            "ORDER BY score DESC, w.rowid LIMIT ?",
            (*self.WEIGHTS, " OR ".join(_quoted(term.text) for term in known), *collection_ids, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def _total(self) -> int:
        # The highest id stands for the count, which would be a pass over the table; only orders of magnitude matter.
        return int(self._db.query("SELECT coalesce(max(id), 0) FROM chunks")[0][0])

    def _count(self, text: str) -> int:
        sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return int(self._db.query(sql, (_quoted(text), _COUNT_UP_TO))[0][0])


def _quoted(text: str) -> str:
    """A string in FTS5's query language: nothing in it is an operator."""
    return '"' + text.replace('"', '""').replace("\x00", " ") + '"'
