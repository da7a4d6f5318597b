"""How well single sentences answer a question.

The baseline is half cosine, half idf-weighted word overlap. What is added was found by reading the failures of that on
XQuAD, and none of it knows that set:

- a word that most sentences of a passage share does not tell them apart, so rarity counts within the passage too;
- two words of the question that stand together in the sentence count more than the same two apart;
- "This was banned in 1977": a sentence that leans on the one before it is scored and quoted together with it;
- "Three years" says what of under its heading, "Team lead" under the name of its column;
- "how many", "when", "who": a sentence with a number, a date, a name that the question does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.knowledge.passage_sentences import Sentence
from app.knowledge.words import is_number, word_set, words

OVERLAP, OVERLAP_WITHIN, PAIRS, NEWS, HINT = 0.25, 0.25, 0.1, 0.05, 0.1
# What stands in the sentence before, or above it as heading or name of a column, counts less than what it says itself.
_BEFORE = 0.9
_COLUMNS = 0.9
_HEADING = 0.75
_ENOUGH_NEWS = 8

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
class WordScore:
    """What the words alone say of a sentence.

    ``overlap``: 0 to 1, the share of the question's weight that it has. ``total``: the sum that goes with half of the
    cosine.
    """

    overlap: float
    total: float


def word_scores(question: str, idf: Mapping[str, float], passage: Sequence[Sentence]) -> list[WordScore]:
    """Score all sentences of one passage. ``idf``: weight by stem of the question's words; must not be empty."""
    if not passage:
        return []
    stems = [frozenset(word.stem for word in sentence.words) for sentence in passage]
    share = {stem: sum(stem in s for s in stems) / len(stems) for stem in idf}
    within = {stem: weight * (1 - share[stem] + 1 / len(stems)) for stem, weight in idf.items()}
    headings = {path: frozenset(word.stem for word in words(path)) for path in {one.heading for one in passage}}
    asked = [word.stem for word in words(question) if word.is_content]
    pairs = set(pairwise(asked))
    before: frozenset[str] = frozenset()
    scores: list[WordScore] = []
    for i, sentence in enumerate(passage):
        # "They came from Norway. Their leader was Rollo.": all of it is about what stands before the first.
        before = stems[i - 1] | before if sentence.leans else frozenset()
        columns = frozenset(word.stem for cell in sentence.columns for word in words(cell))
        near = ((before, _BEFORE), (columns, _COLUMNS))
        overlap = _share(idf, stems[i], *near, (headings[sentence.heading], _HEADING))
        score = OVERLAP * overlap + OVERLAP_WITHIN * _share(within, stems[i], *near)
        content = [word.stem for word in sentence.words if word.is_content]
        if pairs:
            score += PAIRS * len(pairs.intersection(pairwise(content))) / len(pairs)
        score += NEWS * min(1.0, sum(stem not in asked for stem in content) / _ENOUGH_NEWS)
        score += HINT * _has_what_is_asked_for(question, sentence, frozenset(asked))
        scores.append(WordScore(overlap, score))
    return scores


def _share(weights: Mapping[str, float], own: frozenset[str], *around: tuple[frozenset[str], float]) -> float:
    """How much of the weights' sum the words have; those that only stand around them count a part."""
    total = sum(weights.values())
    if total <= 0:
        return 0.0
    counted = 0.0
    for stem, weight in weights.items():
        counted += weight * (
            1.0 if stem in own else max((part for stems, part in around if stem in stems), default=0.0)
        )
    return counted / total


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
