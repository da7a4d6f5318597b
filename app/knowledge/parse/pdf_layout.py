"""What a PDF page's lines were before they were set: paragraphs, lists, code and tables, without running heads.

pdfium gives a page's lines in reading order and does not say which belong together. What is made of them here depends
on the page alone and on the edges of the pages near it, so that the renderer makes the same text of the same page
again, and each of its characters can be followed back to its place on the paper.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from app.knowledge.parse.builder import BETWEEN_BLOCKS, BETWEEN_CELLS
from app.knowledge.parse.pdf_lines import Line

_BULLET = re.compile(r"(?:[•◦▪●○■□▶►‣⁃∙·–—*]|\(?\d{1,2}[.)]|\(?[a-z]\)|-)\s+\S")
_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_PAGE_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.I)
_EDGE_LINES = 2
NEIGHBOURS = 4
"""How many pages before and behind a page decide what is a running head on it."""

Edge = tuple[str, int]
"""A line at the edge of a page by what stays the same on the next: its words with ``#`` for numbers, its height."""


@dataclass(frozen=True)
class PageBlock:
    """Lines that belong together; the span is in :attr:`PageText.text`."""

    start: int
    end: int
    size: float
    bold: bool
    mono: bool
    bullet: bool
    table: bool


@dataclass(frozen=True)
class PageText:
    """A page's text. ``raw[i]`` is the place of ``text[i]`` in the page's raw text, -1 for white space of ours."""

    text: str
    raw: list[int]
    blocks: list[PageBlock]


def edges(lines: Sequence[Line]) -> dict[Edge, Line]:
    """The topmost and bottommost lines of a page."""
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
        table = len(group) > 1 and all(line.cells for line in group)
        for index, line in enumerate(group):
            for number, (at, text) in enumerate([(c.start, c.text) for c in line.cells] or [(line.start, line.text)]):
                put(BETWEEN_CELLS if number else "", -1)
                put(text, at)
            follows = group[index + 1].text if index + 1 < len(group) else ""
            if not follows:
                if line.hyphen:
                    put("-", -1)
            elif not line.hyphen:
                put("\n" if mono or table else " ", -1)
            elif not follows[0].islower():
                put("-", -1)  # "S-Plus": the hyphen belongs to the word
        widest = max(group, key=lambda line: len(line.text))
        bold = all(line.bold for line in group)
        blocks.append(PageBlock(start, len(raw), widest.size, bold, mono, bool(_BULLET.match(group[0].text)), table))
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
    if bool(before.cells) != bool(line.cells):
        return True
    if line.cells:
        return not 0 < before.bottom - line.bottom < 2.0 * max(usual_gap, line.size)
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
