"""Plain text: paragraphs by blank lines, headings by their looks. The text is the file's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.knowledge.parse.decode import decode
from app.knowledge.parse.values import Block, BlockKind, ParsedFile

LIST_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪●○–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}")
_NUMBERED = re.compile(r"(?:chapter|section|part|appendix|article)\s+[\divxlc]+\b|\d+(?:\.\d+)*\.?\s+[^\W\d_]", re.I)
_LONGEST_HEADING = 80
_CENTRED = 16


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str


def parse(data: bytes) -> ParsedFile:
    """Parse a text file. Errors: :class:`Skipped` for binary files."""
    text = decode(data)
    return ParsedFile(text, tuple(_blocks(text)))


def groups_of_lines(text: str) -> Iterator[list[_Line]]:
    """Lines between blank lines; spans without the white space around a line, ``text`` with its indentation."""
    group: list[_Line] = []
    start = 0
    for line in text.splitlines(keepends=True):
        stripped = line.rstrip()
        if stripped:
            indent = len(stripped) - len(stripped.lstrip())
            group.append(_Line(start + indent, start + len(stripped), stripped))
        if (not stripped or line.endswith("\f")) and group:
            yield group
            group = []
        start += len(line)
    if group:
        yield group


def _blocks(text: str) -> Iterator[Block]:
    underlines: list[str] = []  # levels are the order in which underlines appear, as in reStructuredText
    for group in groups_of_lines(text):
        first = 0
        for index in range(len(group)):
            mark = _underline_of(group, index)
            if not mark:
                continue
            if index > first:
                yield _body(text, group[first:index])
            if mark not in underlines:
                underlines.append(mark)
            yield Block("heading", group[index].start, group[index + 1].end, min(underlines.index(mark) + 1, 6))
            first = index + 2
        rest = group[first:]
        if not rest:
            continue
        level = _level_by_looks(rest) if first == 0 else 0
        if level:
            yield Block("heading", rest[0].start, rest[-1].end, level)
        else:
            yield _body(text, rest)


def _underline_of(group: list[_Line], index: int) -> str:
    """The character that underlines this line, or nothing."""
    if index + 1 >= len(group):
        return ""
    line, below = group[index].text.strip(), group[index + 1].text.strip()
    if not _UNDERLINE.fullmatch(below) or _UNDERLINE.fullmatch(line) or len(line) > _LONGEST_HEADING:
        return ""
    return below[0] if abs(len(below) - len(line)) <= max(2, len(line) // 5) or len(below) > len(line) else ""


def _level_by_looks(group: list[_Line]) -> int:
    line = group[0].text.strip()
    if len(group) > 1 or len(line) > _LONGEST_HEADING or line[-1] in ".,;:!?-" or not any(c.isalpha() for c in line):
        return 0
    if line.isupper() and len(line) > 3:
        return 1
    if len(group[0].text) - len(line) > _CENTRED:
        return 2
    numbered = _NUMBERED.match(line)
    if numbered is None or group[0].text[0].isspace():
        return 0
    return min(1 + line.split()[0].rstrip(".").count("."), 6) if line[0].isdigit() else 1


def _body(text: str, group: list[_Line]) -> Block:
    kind: BlockKind = "paragraph"
    if LIST_ITEM.match(group[0].text):
        kind = "list"
    elif len(group) > 1 and all("\t" in line.text.strip() or " | " in line.text for line in group):
        kind = "table"
    return Block(kind, group[0].start, group[-1].end)
