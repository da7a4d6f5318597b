"""Where sentences begin and end, with exact spans: the chunker never cuts inside one, quotes and citations are whole.

Rules instead of a trained splitter (punkt, spaCy): no data file, linear time, the same result on every machine, and a
wrong split can be mended by adding a line here. First the text falls into segments at hard line breaks (blank lines,
list items, headings, table rows, lines that were not wrapped); then each segment at its full stops.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

Span = tuple[int, int]

# A wrapped line is about as long as its neighbours. Beyond this length nobody wraps: each line is a paragraph.
_LONGEST_WRAP = 160
# And below this nobody wraps either: addresses, verses, "key: value".
_SHORTEST_WRAP = 50

_LINE = re.compile(r"[^\n\r\f\v\u2028\u2029\x85]+")
_MARKER = re.compile(r"(?:[-*+•‣◦▪●○–—]|\(?\d{1,3}[.)]|\(?[a-z][.)]|#{1,6}|>|\||```|~~~|:{3})(?=\s|\||$)|[>|]|```|~~~")
_RULE = re.compile(r"[-=_*~+|:\s]{3,}")
_STOP = re.compile(
    r"""(?P<stop>[.!?…।؟۔]+)(?:["'”’»)\]*_`]|\[\d{1,3}\])*(?=\s|$)"""  # needs white space behind it
    r"""|[。！？｡]+["'”’」』）】]*"""  # and these do not
)
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“‘«—/]+$")
_OPENING = re.compile(r"""[\s"'“”‘’«»(\[*_`¿¡—–-]*""")
_WORD = re.compile(r"\w+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the end of a sentence: something always follows.
_TITLES = _words(
    "dr mr mrs ms mx prof st gen col sgt capt lt maj cmdr adm rev hon gov sen rep pres messrs mme mlle dir supt "
    "e.g i.e eg ie cf vs viz esp approx ca z.b d.h u.a bzw vgl sog inkl p.ej sra dra"
)
# Only when a number follows.
_NUMBERED = _words("no nos nr fig figs vol vols p pp sec ch art eq eqs tab ed al cap § para pt op")
# The end of a sentence only when the next word commonly begins one.
_MAYBE = _words(
    "etc inc ltd co corp llc plc bros dept univ assn est jr sr ph.d m.d b.a m.a u.s u.k u.n e.u a.m p.m b.c a.d n.y "
    "d.c jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd mt ft min max usw "
    "fig no vol al ed eds"
)
_STARTERS = _words(
    "a after all also although an and another as at because before both but by despite during each even every "
    "finally first for from he her here his how however i if in instead it its later many most my no nor not on once "
    "one or other our she since so some such that the their then there therefore these they this those thus to today "
    "two under until we what when where whether which while who why with yet you your "
    "das der die ein eine er es sie wir in im am dies diese el la los las un una en il le les une ce"
)
_MONTHS = _words("januar februar märz april mai juni juli august september oktober november dezember jahrhundert")


def sentences(text: str) -> list[Span]:
    """The sentences of ``text`` as half-open spans, in order, without the white space around them.

    Together they hold every character that is not white space, each once. Linear in the length of the text.
    """
    found: list[Span] = []
    for start, end in _segments(text):
        for first, last in _split(text, start, end):
            trimmed = _trim(text, first, last)
            if trimmed is not None:
                found.append(trimmed)
    return found


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _segments(text: str) -> Iterator[Span]:
    """Stretches without a hard line break."""
    run: list[Span] = []
    last = 0
    for match in _LINE.finditer(text):
        span = _trim(text, match.start(), match.end())
        breaks = text.count("\n", last, match.start())
        if (span is None or breaks > 1 or "\f" in text[last : match.start()]) and run:
            yield from _wrapped(text, run)
            run = []
        if span is not None:
            run.append(span)
        last = match.end()
    if run:
        yield from _wrapped(text, run)


def _wrapped(text: str, lines: list[Span]) -> Iterator[Span]:
    """Join the lines of one run that were only wrapped."""
    width = max(end - start for start, end in lines)
    begin = lines[0][0]
    for before, after in itertools.pairwise(lines):
        if _is_hard(text, before, after, width):
            yield begin, before[1]
            begin = after[0]
    yield begin, lines[-1][1]


def _is_hard(text: str, before: Span, after: Span, width: int) -> bool:
    if width > _LONGEST_WRAP or _MARKER.match(text, *after):
        return True
    for start, end in (before, after):
        if text.startswith(("#", "|"), start) or _RULE.fullmatch(text, start, end):
            return True
        if text.find(" | ", start, end) >= 0 or text.find("\t", start, end) >= 0:
            return True
    if text[after[0]].islower() or text[before[1] - 1] in ",-–":
        return False
    if width < _SHORTEST_WRAP:
        return True
    word = next((i for i in range(after[0], after[1]) if text[i].isspace()), after[1]) - after[0]
    return before[1] - before[0] + 1 + word < width * 0.75  # it would have fitted: not wrapped here


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _STOP.finditer(text, start, end):
        if match.end() < end and _ends_sentence(text, begin, match, end):
            yield begin, match.end()
            begin = match.end()
    yield begin, end


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    stop = match["stop"]
    if stop is None:
        return True  # 。 and its like
    opening = _OPENING.match(text, match.end(), end)
    follows = opening.end() if opening else match.end()
    if follows < end and text[follows].islower():
        return False
    if stop != ".":
        return True
    # 40 characters hold any abbreviation, and keep the search for its beginning from running over the whole text.
    before = _WORD_BEFORE.search(text, max(begin, match.start() - 40), match.start())
    if before is None:
        return True
    word = before.group().lower()
    next_match = _WORD.match(text, follows, end)
    next_word = next_match.group().lower() if next_match else ""
    if before.start() == begin and re.fullmatch(r"\d{1,3}|[a-z]|[ivx]+", word):
        return False  # "1. The first": the number of a list item
    if word.isdigit() and len(word) <= 2 and next_word in _MONTHS:
        return False  # "3. Oktober"
    if word in _TITLES:
        return False
    if word in _NUMBERED and next_word[:1].isdigit():
        return False
    is_initial = len(word) == 1 and word.isalpha()
    is_initialism = re.fullmatch(r"(?:\w\.)+\w", word) is not None
    if word in _NUMBERED - _MAYBE:
        return True
    if is_initial or is_initialism or (word in _MAYBE and word not in ("no", "min", "max", "mar", "sun", "sat")):
        return next_word in _STARTERS
    return True
