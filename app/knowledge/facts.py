"""Whether a span of a source bears out the particulars of a claim: its numbers, its names, what is new in it.

A small model rarely invents whole sentences; it puts a number or a name of one sentence into another one. Likeness does
not see that, so each particular must stand in the span, and in that part of it that the rest of the claim is about:
"The frame is covered for five years and the base for two" does not bear out "The base is covered for five years".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.knowledge.words import NUMBER_WORDS, STOP_WORDS, Word, is_number, word_set, words

_CLAUSE_END = re.compile(r"[,;:]\s|[()\[\]–—]|\s-\s|\b(?:and|but|while|whereas|or|than)\b")
# How much a word of the claim says for a particular: less with each clause between them, and across sentences.
_PER_CLAUSE, _SAME_SENTENCE, _SENTENCE_BEFORE_LEANING, _SENTENCE_BEFORE = 0.12, 0.6, 0.6, 0.3
# And how much it says that the particular's clause is about nothing else.
_NOTHING_ELSE = 0.2
# The beginning of a claim is what it is about.
_FADING = 0.9
_NEWS_BORNE = 0.5
_OTHER_CLAUSE = 0.6
_QUOTED_WORDS = 4
_NAME, _YEAR = "a name", "a year"
# Capitals that are no names.
_NO_NAMES = word_set("i mr mrs ms dr")


@dataclass(frozen=True)
class Part:
    """One sentence of the span. ``leans``: it is about what the sentence before it says ("They were ...")."""

    text: str
    leans: bool


@dataclass(frozen=True)
class _Place:
    sentence: int
    clause: int


def is_amount(word: Word) -> bool:
    """Whether it is a number that counts something; "one" and "first" mostly do not: "one of the first to"."""
    written = word.written.lower()
    return is_number(written) and written not in ("one", "first", "second", "half")


def is_particular(word: Word) -> bool:
    """A number, or a word with a capital."""
    return is_amount(word) or word.written[0].isupper()


def borne_out(claim: str, question: str, span: Sequence[Part], around: str, weights: Mapping[str, float]) -> bool:
    """Whether the span has every particular of the claim where it belongs.

    ``around``: what else the reader is told of the span's topic (headings, title). ``weights``: rarity of the claim's
    words, by stem.
    """
    claim = claim.replace("%", " percent")
    span = [Part(part.text.replace("%", " percent"), part.leans) for part in span]
    claimed = words(claim)
    said = [word for part in span for word in words(part.text)]
    has = Counter(_normal(word) for word in said)
    # Counted: "between 1405 and 1405" is not borne out by "between 1402 and 1405".
    if Counter(_normal(word) for word in claimed if is_amount(word)) - has:
        return False
    asked = {_normal(word) for word in words(question)}
    known = asked | {_normal(word) for word in words(around)}
    names = [_normal(word) for word in _names(claimed)]
    if any(name not in has and name not in known for name in names):
        return False
    news = {_normal(word) for word in claimed if word.is_content} - asked
    weight = {stem: weights.get(stem, 1.0) for stem in news}
    if sum(weight[stem] for stem in news if stem in has) < _NEWS_BORNE * sum(weight.values()):
        return False
    return _in_their_places(claim, set(names) - asked, span, weights)


def _in_their_places(claim: str, names: set[str], span: Sequence[Part], weights: Mapping[str, float]) -> bool:
    places = _places([part.text for part in span])
    own_places = _places([claim])
    here = set(own_places)
    quoted = _quoted(claim, span)
    rivals: dict[str, set[str]] = {}
    for part in span:
        for kind, particulars in _kinds(part.text).items():
            rivals.setdefault(kind, set()).update(particulars - here)
    context = {stem: weights.get(stem, 1.0) * _FADING**n for n, stem in enumerate(own_places) if stem not in STOP_WORDS}
    for kind, particulars in _kinds(claim).items():
        for particular in particulars:
            if (kind == _NAME and particular not in names) or particular not in places or particular in quoted:
                continue
            near = {
                stem: weight * (1.0 if _same_clause(own_places[stem], own_places[particular]) else _OTHER_CLAUSE)
                for stem, weight in context.items()
                if stem != particular
            }
            own = max(_fit(place, near, places, span) for place in places[particular])
            others = [place for rival in rivals.get(kind, ()) for place in places[rival]]
            if others and max(_fit(place, near, places, span) for place in others) > own:
                return False
    return True


def _quoted(claim: str, span: Sequence[Part]) -> set[str]:
    """The words of those clauses of the claim that the span has word for word."""
    said = " ".join(_normal(word) for part in span for word in words(part.text))
    quoted: set[str] = set()
    for clause in _CLAUSE_END.split(claim):
        stems = [_normal(word) for word in words(clause)]
        if len(stems) >= _QUOTED_WORDS and f" {' '.join(stems)} " in f" {said} ":
            quoted.update(stems)
    return quoted


def _same_clause(some: Sequence[_Place], others: Sequence[_Place]) -> bool:
    return not {place.clause for place in some}.isdisjoint(place.clause for place in others)


def _kinds(text: str) -> dict[str, set[str]]:
    """The particulars of a text by what they could be mistaken for: names, years, numbers of one unit."""
    found: dict[str, set[str]] = {_NAME: {_normal(word) for word in _names(words(text))}}
    every: list[Word | None] = [*words(text), None]
    for word, after in pairwise(every):
        if word is not None and is_amount(word):
            year = len(word.written) == 4 and word.written.isdigit()
            unit = after.stem if after is not None and after.is_content and not is_amount(after) else ""
            found.setdefault(_YEAR if year else unit, set()).add(_normal(word))
    return found


def _fit(
    place: _Place, context: Mapping[str, float], places: Mapping[str, list[_Place]], span: Sequence[Part]
) -> float:
    """How much of a claim's other words stand by this place, and how little else does."""
    total = 0.0
    for stem, weight in context.items():
        total += weight * max((_closeness(place, other, span) for other in places.get(stem, [])), default=0.0)
    inside = [stem for stem, where in places.items() if place in where and stem not in STOP_WORDS]
    claimed = sum(stem in context for stem in inside) / max(1, len(inside) - 1)  # without the particular itself
    return total + _NOTHING_ELSE * claimed * sum(context.values())


def _closeness(place: _Place, other: _Place, span: Sequence[Part]) -> float:
    if place.sentence == other.sentence:
        return max(_SAME_SENTENCE, 1.0 - _PER_CLAUSE * abs(place.clause - other.clause))
    if other.sentence < place.sentence:
        return _SENTENCE_BEFORE_LEANING if span[place.sentence].leans else _SENTENCE_BEFORE
    return 0.0


def _places(sentences: Sequence[str]) -> dict[str, list[_Place]]:
    """Where each word stands."""
    places: dict[str, list[_Place]] = {}
    for number, text in enumerate(sentences):
        start, clause = 0, 0
        for end in (*(match.start() for match in _CLAUSE_END.finditer(text)), len(text)):
            for word in words(text[start:end]):
                places.setdefault(_normal(word), []).append(_Place(number, clause))
            start, clause = end, clause + 1
    return places


def _names(claimed: Sequence[Word]) -> list[Word]:
    """Words with a capital that is not just the sentence's first letter."""
    names = []
    for i, word in enumerate(claimed):
        next_is_name = i + 1 < len(claimed) and claimed[i + 1].written[0].isupper()
        if word.is_content and word.written[0].isupper() and (i > 0 or next_is_name) and not is_amount(word):
            names.append(word)
    return [word for word in names if word.stem not in _NO_NAMES]


def _normal(word: Word) -> str:
    return NUMBER_WORDS.get(word.written.lower(), word.stem)
