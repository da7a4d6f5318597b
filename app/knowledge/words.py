"""Words as search compares them: lower case, without accents, endings cut, the commonest left out.

The endings are cut by a few rules for English, a light form of Porter's, that do no harm to other languages: two words
are the same when they would be to a reader ("engines", "engine's", "engine"). SQLite's own index stems by itself; this
is for comparing sentences, where the words' places matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\w+(?:[.,]\d+)*(?:['’]\w+)?")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is easier to read as text."""
    return frozenset(text.split())


# Grammar, not topic. English, and the short words of the languages that come up most; ambiguous ones are left in.
STOP_WORDS = word_set(
    "a about above after again against all also am an and any are as at be because been before being below between "
    "both but by can cannot could did do does doing down during each few for from further had has have having he "
    "her here hers him his how i if in into is it its itself just may me might more most must my no nor not of off "
    "on once only or other our ours out over own please same shall she should so some such than that the their "
    "theirs them then there these they this those through to too under until up us very was we were what when where "
    "which while who whom whose why will with would you your yours tell explain describe der die das den dem des "
    "ein eine einer eines einem einen und oder ist sind war waren wird werden wie was wer wo wann warum welche "
    "welcher welches mit von vom zu zum zur für auf aus bei nach über unter nicht es im el la los las un una unos "
    "unas y o de del al en por para con sin es son fue que qué cuál cuáles quién cómo dónde cuándo le les une et ou "
    "du au aux est sont dans pour par avec sur ne pas quel quelle quels quelles qui où comment"
)


class Word(NamedTuple):
    """One word of a text: its stem, whether it says something of the topic, and how it was written."""

    stem: str
    is_content: bool
    written: str


def words(text: str) -> list[Word]:
    """All words of a text in order. In stems, "1,190" is 1190, and 3.5 stays one number."""
    found = []
    for match in _WORD.finditer(text):
        written = match.group()
        plain = _plain(written)
        found.append(Word(stem(plain), plain not in STOP_WORDS, written))
    return found


def without_possessive(word: str) -> str:
    """ "watt" of "watt's"; also "what" of "what's", which matters as little as that."""
    return word[:-2] if word.endswith(("'s", "’s")) else word


def content_stems(text: str) -> list[str]:
    """The stems of a text's content words in order, each once; of all words if there are no others."""
    all_words = words(text)
    return list(dict.fromkeys(w.stem for w in all_words if w.is_content) or dict.fromkeys(w.stem for w in all_words))


def is_number(stem_or_word: str) -> bool:
    """Whether it stands for an amount, a year, an ordinal: begins with a digit, or is a number in words."""
    return stem_or_word[:1].isdigit() or stem_or_word in _NUMBERS


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A lower-case word without its ending; never shorter than three letters."""
    if len(word) < 4 or not word.isascii() or word[0].isdigit():
        return word
    for ending, replacement in _PLURALS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            word = word[: len(word) - len(ending)] + replacement
            break
    for ending, replacement in _ENDINGS:
        cut = word[: len(word) - len(ending)]
        if word.endswith(ending) and len(cut) >= 3 and _VOWEL.search(cut):
            word = cut + replacement
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    lowered = without_possessive(word.lower()).replace("’", "").replace("'", "")
    if lowered[0].isdigit():
        return re.sub(r",(?=\d{3})", "", lowered)
    if not lowered.isascii():
        lowered = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return lowered or word


_VOWEL = re.compile(r"[aeiouy]")
_PLURALS = (
    ("sses", "ss"),
    ("ies", "y"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)
_ENDINGS = (
    ("ational", ""), ("ization", ""), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
    ("ation", ""), ("ement", ""), ("ingly", ""), ("edly", ""), ("ically", "ic"), ("ition", ""),
    ("ment", ""), ("ness", ""), ("able", ""), ("ible", ""), ("ally", "al"), ("ance", ""),
    ("ence", ""), ("sion", "s"), ("tion", "t"), ("ied", "y"), ("ate", ""), ("ing", ""), ("ive", ""), ("ize", ""),
    ("ise", ""), ("ed", ""), ("er", ""), ("or", ""), ("ly", ""), ("al", ""),
)  # fmt: skip
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_UNITS.split(" "))} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
"""Number words with their digits: "three years" and "3 years" say the same."""

_NUMBERS = frozenset(NUMBER_WORDS) | word_set(
    "hundred thousand million billion trillion dozen half first second third fourth fifth sixth seventh eighth "
    "ninth tenth"
)
