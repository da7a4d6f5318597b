"""The lines of a PDF page as pdfium tells them: words, place, size, weight, and the cells of table rows.

Asking pdfium about each character would take most of the time: the first and the last of a line say enough, and only
lines that are wide for their words are looked at closely.
"""

from __future__ import annotations

import ctypes
import itertools
import re
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium

_HYPHEN = "\ufffe"  # how pdfium writes a hyphen at the end of a line; the line break behind it is left out
_LINE = re.compile(rf"[^\r\n{_HYPHEN}]+")
_MONO = re.compile(rb"mono|courier|consol|typewriter|cmtt|menlo|fixed|inconsolata", re.I)
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|sfbx", re.I)
_WIDE = 0.6  # of a character's height, per character; running text has 0.4 to 0.5
_CELL_GAP = 1.2  # of a character's height

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""


@dataclass(frozen=True)
class Cell:
    """A part of a line: its span in the raw text, and where it begins and ends on the page."""

    start: int
    end: int
    text: str
    left: float
    right: float


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
    cells: tuple[Cell, ...] = ()
    """Where parts of the line stand far apart, as in the row of a table; empty where they do not."""


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
        mono = all(fixed for _, fixed in ends)
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
                mono,
                () if mono else _cells(textpage, raw, (start, end), first, last, rotation),
            )
        )
    return _only_rows(found)


def _cells(textpage: Any, raw: str, span: tuple[int, int], first: Box, last: Box, rotation: int) -> tuple[Cell, ...]:
    """The parts of a line with wide gaps between them. Only lines that are wide for their words are looked at."""
    start, end = span
    height = first[3] - first[1]
    if last[2] - first[0] < _WIDE * height * (end - start) or " " not in raw[start:end]:
        return ()
    cells: list[Cell] = []
    begin, left, right = start, first[0], first[2]
    for index in range(start + 1, end):
        if raw[index].isspace():
            continue
        box = _turned(char_box(textpage, index), rotation)
        if raw[index - 1].isspace() and box[0] - right > _CELL_GAP * height:
            text = raw[begin:index].rstrip()
            cells.append(Cell(begin, begin + len(text), text, left, right))
            begin, left = index, box[0]
        right = box[2]
    return (*cells, Cell(begin, end, raw[begin:end], left, right)) if cells else ()


def _only_rows(lines: list[Line]) -> list[Line]:
    """Forget the cells of lines that share no column with the next line or the one before: those were spaced out."""
    aligned = [False, *(_share_column(a, b) for a, b in itertools.pairwise(lines)), False]
    return [
        line if not line.cells or aligned[n] or aligned[n + 1] else replace(line, cells=())
        for n, line in enumerate(lines)
    ]


def _share_column(line: Line, other: Line) -> bool:
    """Whether a cell other than the first begins, or ends, at the same place in both."""
    near = 0.3 * line.size
    return any(
        abs(a.left - b.left) < near or (abs(a.right - b.right) < near and _is_number(a.text) and _is_number(b.text))
        for a in line.cells[1:]
        for b in other.cells[1:]
    )


def _is_number(text: str) -> bool:
    """Whether this may stand aligned to the right; words that end at the same place are a justified paragraph's."""
    return len(text) <= 16 and any(c.isdigit() for c in text)


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
