"""How well single sentences answer a question.

The baseline is half cosine, half idf-weighted word overlap. What is added was found by reading the failures of that on
XQuAD, and none of it knows that set:

- a word that most sentences of a passage share does not tell them apart, so rarity counts within the passage too;
- two words of the question that stand together in the sentence count more than the same two apart;
- "This was banned in 1977": a sentence that leans on the one before it inherits part of its overlap, and is quoted
  with it;
- "how many", "when", "who": a sentence with a number, a date, a name that the question does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.chat.sources import Passage
from app.knowledge.sentences import sentences
from app.knowledge.words import Word, is_number, word_set, words

OVERLAP, OVERLAP_WITHIN, PAIRS, NEWS, HINT = 0.25, 0.25, 0.1, 0.05, 0.1
_INHERITED = 0.3
_ENOUGH_NEWS = 8

_LEANS = re.compile(
    r"^(?:(?:for|in|with|from|by|of|at|on|to|during|after|before|as|but|and|yet|so|since|because of|according to"
    r"|despite)\s+)?(?:this|these|those|that|such|they|it|he|she|its|their|his|her|the (?:latter|former|same))\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(
    r"\bhow (?:many|much|long|old|far|large|big|tall|high|deep|fast|heavy|often)\b"
    r"|\bwhat (?:percent|percentage|number|amount|proportion|fraction|share|price|cost)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century)\b", re.IGNORECASE)
_NAME = re.compile(
    r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:city|country|state|place|town|region|person)\b", re.IGNORECASE
)
_MONTHS = word_set("january february march april may june july august september october november december")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage; offsets in the file's text. ``previous``: where the one before it begins."""

    passage: Passage
    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    previous: int | None

    @property
    def leans(self) -> bool:
        """Whether it cannot be understood without the sentence before it."""
        return self.previous is not None and _LEANS.match(self.text) is not None

    @property
    def quote_start(self) -> int:
        """Where a quote of it begins: with the sentence before it, if it leans on that."""
        return self.previous if self.leans and self.previous is not None else self.start


def split(passage: Passage) -> list[Sentence]:
    """A passage's sentences in order."""
    found: list[Sentence] = []
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        before = found[-1] if found else None
        # A heading or a question is no antecedent: quoting it along is right, but see `word_scores`.
        found.append(
            Sentence(
                passage,
                passage.start + start,
                passage.start + end,
                text,
                tuple(words(text)),
                before.start if before else None,
            )
        )
    return found


@dataclass(frozen=True)
class WordScore:
    """What the words alone say of a sentence.

    ``overlap``: 0 to 1, the share of the question's weight that it has; what only the heading above it has counts three
    quarters. ``total``: the sum that goes with half of the cosine.
    """

    overlap: float
    total: float


def word_scores(question: str, idf: Mapping[str, float], passage: Sequence[Sentence]) -> list[WordScore]:
    """Score all sentences of one passage. ``idf``: weight by stem of the question's words; must not be empty."""
    stems = [frozenset(word.stem for word in sentence.words) for sentence in passage]
    total = sum(idf.values())
    share = {stem: sum(stem in s for s in stems) / len(stems) for stem in idf}
    within = {stem: weight * (1 - share[stem] + 1 / len(stems)) for stem, weight in idf.items()}
    heading = frozenset(word.stem for word in words(passage[0].passage.heading)) if passage else frozenset()
    asked = [word.stem for word in words(question) if word.is_content]
    pairs = set(pairwise(asked))
    own: list[float] = []
    scores: list[WordScore] = []
    for i, sentence in enumerate(passage):
        overlap = _share(idf, total, stems[i])
        content = [word.stem for word in sentence.words if word.is_content]
        overlap += 0.75 * (_share(idf, total, stems[i] | heading) - overlap)
        matches = OVERLAP * overlap + OVERLAP_WITHIN * _share(within, sum(within.values()), stems[i])
        own.append(matches)
        score = matches + HINT * _has_what_is_asked_for(question, sentence, frozenset(asked))
        if pairs:
            score += PAIRS * len(pairs.intersection(pairwise(content))) / len(pairs)
        score += NEWS * min(1.0, sum(stem not in asked for stem in content) / _ENOUGH_NEWS)
        if i and sentence.leans:
            score += _INHERITED * own[i - 1]
        scores.append(WordScore(overlap, score))
    return scores


def _share(weights: Mapping[str, float], total: float, stems: frozenset[str]) -> float:
    return sum(weight for stem, weight in weights.items() if stem in stems) / total if total > 0 else 0.0


def _has_what_is_asked_for(question: str, sentence: Sentence, asked: frozenset[str]) -> bool:
    new = [word for word in sentence.words if word.stem not in asked]
    if _HOW_MANY.search(question):
        return any(is_number(word.written.lower()) for word in new)
    if _WHEN.search(question):
        return any(
            (word.written[0].isdigit() and len(word.written) >= 3) or word.written.lower() in _MONTHS for word in new
        )
    if _NAME.search(question):
        first = sentence.words[0] if sentence.words else None
        return any(word.written[0].isupper() and word.is_content and word is not first for word in new)
    return False
