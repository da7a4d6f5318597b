"""One PDF page: its lines, and the paragraphs that they were before they were set.

pdfium gives a page's characters in reading order with line breaks; it does not say which lines belong together. What is
made of them here depends on the page alone and on the edges of the pages near it, so that the renderer makes the same
text of the same page again, and each of its characters can be followed back to its place on the paper.
"""

from __future__ import annotations

import ctypes
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pypdfium2.raw as pdfium

from app.knowledge.parse.builder import BETWEEN_BLOCKS

_HYPHEN = "\ufffe"  # how pdfium writes a hyphen at the end of a line; the line break behind it is left out
_LINE = re.compile(rf"[^\r\n{_HYPHEN}]+")
_BULLET = re.compile(r"(?:[•◦▪●○■□▶►‣⁃∙·–—*]|\(?\d{1,2}[.)]|\(?[a-z]\)|-)\s+\S")
_MONO = re.compile(rb"mono|courier|consol|typewriter|cmtt|menlo|fixed|inconsolata", re.I)
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|sfbx", re.I)
_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_PAGE_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.I)
_EDGE_LINES = 2
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""
NEIGHBOURS = 4
"""How many pages before and behind a page decide what is a running head on it."""


@dataclass(frozen=True)
class Line:
    """A set line: its place in the page's raw text, and on the page in points from the bottom left."""

    start: int
    end: int
    text: str
    hyphen: bool
    left: float
    right: float
    bottom: float
    size: float
    bold: bool
    mono: bool


@dataclass(frozen=True)
class PageBlock:
    """Lines that belong together; the span is in :attr:`PageText.text`."""

    start: int
    end: int
    size: float
    bold: bool
    mono: bool
    bullet: bool


@dataclass(frozen=True)
class PageText:
    """A page's text. ``raw[i]`` is the place of ``text[i]`` in the page's raw text, -1 for white space of ours."""

    text: str
    raw: list[int]
    blocks: list[PageBlock]


def read_lines(textpage: Any, rotation: int = 0) -> list[Line]:
    """The lines of a pdfium text page, in its order. ``rotation``: by how many degrees the page is shown turned."""
    raw = textpage.get_text_range()
    found = []
    for match in _LINE.finditer(raw):
        start, end = match.span()
        while start < end and raw[start].isspace():
            start += 1
        while end > start and raw[end - 1].isspace():
            end -= 1
        if start == end:
            continue
        first, last = (_turned(char_box(textpage, index), rotation) for index in (start, end - 1))
        ends = (_font(textpage, start), _font(textpage, end - 1))
        found.append(
            Line(
                start,
                end,
                raw[start:end],
                raw[match.end() : match.end() + 1] == _HYPHEN,
                first[0],
                last[2],
                first[1],
                max(first[3] - first[1], 0.1),
                all(bold for bold, _ in ends),
                all(mono for _, mono in ends),
            )
        )
    return found


def _turned(box: Box, rotation: int) -> Box:
    """A box as it lies on the page that is shown; where that page begins does not matter here."""
    left, bottom, right, top = box
    if rotation == 90:
        return bottom, -right, top, -left
    if rotation == 180:
        return -right, -top, -left, -bottom
    if rotation == 270:
        return -top, left, -bottom, right
    return box


def char_box(textpage: Any, index: int) -> Box:
    """Left, bottom, right, top of the character at ``index`` of the raw text, in points; zeros if it has no place."""
    rect = pdfium.FS_RECTF()
    char = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, index)
    if char < 0 or not pdfium.FPDFText_GetLooseCharBox(textpage, char, ctypes.byref(rect)):
        return 0.0, 0.0, 0.0, 0.0
    return rect.left, min(rect.bottom, rect.top), rect.right, max(rect.bottom, rect.top)


def _font(textpage: Any, index: int) -> tuple[bool, bool]:
    """Whether the character is bold, and whether it is of fixed width."""
    name, flags = ctypes.create_string_buffer(64), ctypes.c_int()
    char = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, index)
    pdfium.FPDFText_GetFontInfo(textpage, char, name, 64, ctypes.byref(flags))
    return _BOLD.search(name.value) is not None, bool(flags.value & 1) or _MONO.search(name.value) is not None


Edge = tuple[str, int]


def edges(lines: Sequence[Line]) -> dict[Edge, Line]:
    """The topmost and bottommost lines by what stays the same from page to page: height and words, numbers as ``#``."""
    by_height = sorted(lines, key=lambda line: line.bottom)
    at_edge = by_height[:_EDGE_LINES] + by_height[-_EDGE_LINES:]
    return {(_PAGE_NUMBER.sub("#", line.text), round(line.bottom)): line for line in at_edge}


def without_furniture(lines: Sequence[Line], near: Sequence[dict[Edge, Line]]) -> list[Line]:
    """Leave out running heads, feet and page numbers: what stands at the edge of two or more of the pages ``near``."""
    seen = Counter(key for other in near for key in other)
    dropped = {id(line) for key, line in edges(lines).items() if seen[key] >= 2}
    return [line for line in lines if id(line) not in dropped]


def lay_out(lines: Sequence[Line]) -> PageText:
    """Join lines to blocks: white space between words, a blank line between blocks, lines of code kept."""
    parts: list[str] = []
    raw: list[int] = []
    blocks: list[PageBlock] = []

    def put(text: str, at: int) -> None:
        parts.append(text)
        raw.extend(range(at, at + len(text)) if at >= 0 else [-1] * len(text))

    for group in _groups(lines):
        if blocks:
            put("\n" if blocks[-1].bullet and bool(_BULLET.match(group[0].text)) else BETWEEN_BLOCKS, -1)
        start = len(raw)
        mono = all(line.mono for line in group)
        for index, line in enumerate(group):
            put(line.text, line.start)
            follows = group[index + 1].text if index + 1 < len(group) else ""
            if not follows:
                if line.hyphen:
                    put("-", -1)
            elif not line.hyphen:
                put("\n" if mono else " ", -1)
            elif not follows[0].islower():
                put("-", -1)  # "S-Plus": the hyphen belongs to the word
        widest = max(group, key=lambda line: len(line.text))
        bold = all(line.bold for line in group)
        blocks.append(PageBlock(start, len(raw), widest.size, bold, mono, bool(_BULLET.match(group[0].text))))
    return PageText("".join(parts), raw, blocks)


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    if not lines:
        return
    pairs = list(itertools.pairwise(lines))
    gaps = [a.bottom - b.bottom for a, b in pairs if abs(a.size - b.size) < 0.1 * a.size and a.bottom > b.bottom]
    usual = min(median(gaps), 2.0 * median(line.size for line in lines)) if gaps else 0.0
    group = [lines[0]]
    for before, line in pairs:
        if _begins_block(before, line, usual, lines):
            yield group
            group = []
        group.append(line)
    yield group


def _begins_block(before: Line, line: Line, usual_gap: float, lines: Sequence[Line]) -> bool:
    if before.hyphen:
        return False
    if before.mono != line.mono or before.bold != line.bold or abs(before.size - line.size) > 0.12 * before.size:
        return not _same_height(before, line)
    if _BULLET.match(line.text):
        return True
    gap = before.bottom - line.bottom
    continues = _ENDS.search(before.text) is None and line.text[0].islower()
    if gap < -0.3 * line.size:  # upwards: the next column
        return not continues
    if gap > 1.3 * usual_gap:
        return gap > 2.0 * usual_gap or not continues
    if line.mono or continues or _ENDS.search(before.text) is None:
        return False
    indented = line.left > before.left + 0.8 * line.size
    right = max(other.right for other in lines if other.left < before.right and other.right > before.left)
    return indented or before.right < right - max(2.0 * before.size, 0.1 * (right - before.left))


def _same_height(before: Line, line: Line) -> bool:
    return abs(before.bottom - line.bottom) < 0.4 * max(before.size, line.size)
