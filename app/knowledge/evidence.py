"""The documents' own answer: the sentences of the passages that best answer a question, and whether there is any.

Embedding every sentence of six passages takes half a second on a small machine; the words choose eight (20 were no
better), and only those are embedded, as long as time allows. Sentences seen before keep their vector.

``found`` compares the best sentence's score (half cosine, half word overlap, both of the plain kind) with a threshold.
Measured on XQuAD English (``tests/bench/xquad.py``) with MiniLM, the threshold chosen on every second article (at most
one point of what is rightly found given up) and told for the others: 97 % of the questions are answered when their
paragraph is in the collection; 4 % are, wrongly, when its whole article is not, and 21 % (28 % of the half that was
chosen on) when only the paragraph itself is missing while its neighbours on the same topic are there. The rarest words,
names that are nowhere in the passages (or in the index: people misspell them), the passage's coverage, margins, the
kind of answer, and a regression of 18 such figures did no better at the same share of right ones: what is missing is a
reader that knows whether a sentence answers.

Short sentences and rows are embedded with what stands above them. With every sentence so, neighbours on the same topic
are found wrongly more often (each article's title put above its paragraphs: 31 % and 23 %, not 30 % and 22 %).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from app.chat.sources import Quote
from app.knowledge.embed import EmbeddingModel
from app.knowledge.embed_llama import Vectors
from app.knowledge.passage_sentences import HeadingsIn, Sentence, no_headings, split
from app.knowledge.retrieve import Retrieved
from app.knowledge.sentence_scores import word_scores
from app.knowledge.words import words

FOUND_AT = 0.44
"""The best sentence must score this much, or the documents do not support an answer."""
FOUND_AT_WORDS_ONLY = 0.4
"""Without an embedding model there is only the overlap (on XQuAD: 92 % found, 11 % wrongly without the article)."""

_EMBEDDED = 8
_TIME_S = 0.15
_PASSAGE_RANK = 0.04
_WORTH_SHOWING = 0.6
_PER_PASSAGE = 2

PageOf = Callable[[int, int], int | None]
"""``(file_id, offset)`` to the page's number."""


@dataclass(frozen=True)
class Answered:
    """``strength``: the score that ``found`` was decided by."""

    quotes: tuple[Quote, ...]
    found: bool
    strength: float


class SentenceVectors:
    """Sentences' vectors, the last few thousand kept. Safe from any thread."""

    def __init__(self, model: EmbeddingModel, keep: int = 4096) -> None:
        self._model = model
        self._keep = keep
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str) -> Vectors:
        """From memory, or computed."""
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector = self._model.embed_sentence(text)
        with self._lock:
            self._vectors[text] = vector
            if len(self._vectors) > self._keep:
                self._vectors.popitem(last=False)
        return vector


@dataclass(frozen=True)
class _Scored:
    sentence: Sentence
    score: float
    strength: float


def answer(
    question: str,
    retrieved: Retrieved,
    count: int,
    vectors: SentenceVectors | None,
    page_of: PageOf,
    headings_in: HeadingsIn = no_headings,
) -> Answered:
    """At most ``count`` quotes, best first, and whether the documents support an answer; without support, no quotes."""
    idf: dict[str, float] = {}
    for term in retrieved.terms:
        for word in words(term.text)[:1]:
            idf[word.stem] = term.idf
    if not idf or not retrieved.passages:
        return Answered((), False, 0.0)
    scored = _score(question, idf, retrieved, vectors, headings_in)
    strength = max((one.strength for one in scored), default=0.0)
    enough = FOUND_AT if retrieved.vector is not None and vectors is not None else FOUND_AT_WORDS_ONLY
    if strength < enough:
        return Answered((), False, strength)
    return Answered(_choose(scored, count, page_of), True, strength)


def _score(
    question: str,
    idf: dict[str, float],
    retrieved: Retrieved,
    vectors: SentenceVectors | None,
    headings_in: HeadingsIn,
) -> list[_Scored]:
    candidates: list[tuple[Sentence, float, float]] = []
    for rank, passage in enumerate(retrieved.passages):
        own = split(passage, headings_in)
        for sentence, by_words in zip(own, word_scores(question, idf, own), strict=True):
            # A heading or a question says what comes, not what is.
            if not sentence.is_heading and not sentence.text.endswith("?"):
                candidates.append((sentence, by_words.total - _PASSAGE_RANK * rank, by_words.overlap))
    candidates.sort(key=lambda candidate: -candidate[1])
    deadline = time.monotonic() + _TIME_S
    scored = []
    for n, (sentence, total, overlap) in enumerate(candidates):
        if retrieved.vector is None or vectors is None:
            scored.append(_Scored(sentence, total, overlap))
        elif n < _EMBEDDED and time.monotonic() < deadline:
            cosine = float(vectors.get(sentence.in_context) @ retrieved.vector)
            scored.append(_Scored(sentence, total + 0.5 * cosine, 0.5 * overlap + 0.5 * cosine))
        elif n < _EMBEDDED:
            cosine = retrieved.cosines.get(sentence.passage.chunk_id, 0.0)
            scored.append(_Scored(sentence, total + 0.5 * cosine, 0.5 * overlap + 0.5 * cosine))
    return sorted(scored, key=lambda one: -one.score)


def _choose(scored: Sequence[_Scored], count: int, page_of: PageOf) -> tuple[Quote, ...]:
    quotes: list[Quote] = []
    per_passage: dict[int, int] = {}
    for one in scored:
        sentence = one.sentence
        passage = sentence.passage
        start, text = sentence.quote_start, sentence.quote
        if len(quotes) == count or (quotes and one.score < _WORTH_SHOWING * quotes[0].score):
            break
        if per_passage.get(passage.number, 0) == _PER_PASSAGE:
            continue
        if any(
            text == other.text or (passage.number == other.passage and start < other.end and other.start < sentence.end)
            for other in quotes
        ):
            continue
        per_passage[passage.number] = per_passage.get(passage.number, 0) + 1
        page = page_of(passage.file_id, start) if passage.page is not None else None
        quotes.append(Quote(passage.number, start, sentence.end, text, one.score, page, sentence.heading_at(start)))
    return tuple(quotes)
