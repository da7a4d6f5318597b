"""Splits streaming Markdown into top-level blocks, so that only the last one is ever rendered again.

The lines that begin or end a block can be told one by one (CommonMark, section 3: block structure), so a complete line
is looked at once. The last, incomplete line is judged on trial each time and may turn out to be something else.

Two departures from CommonMark, both for the reader's good: a list falls into its items (a list of any length then
costs one item), and a fence inside a list item becomes a code block of its own, so that it can be copied.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from typing import Literal

BlockKind = Literal["prose", "table", "code"]

RICH_LIMIT = 8_000
"""Characters of one block that are rendered as Markdown; a longer one is shown as plain text. markdown-it is quadratic
for some hostile text (8,000 times "[": 0.1 s)."""
TABLE_LIMIT = 12_000
"""The same for a table, which is honestly long more often; Qt lays out 1,000 rows in 0.1 s."""
DEEPEST = 16
"""Quotes and lists nested deeper than this are shown as plain text."""

_HEAD = 200
_FENCE = re.compile(r"([ \t]*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)$", re.DOTALL)
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_SETEXT = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}>")
_TABLE_RULE = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_NESTING = re.compile(r"(?:[ \t]*(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s)))+", re.MULTILINE)
_MARKER = re.compile(r">|[-*+](?=\s)|\d[.)](?=\s)")


@dataclass(frozen=True)
class Block:
    """``text[start:end]``, line ends and blank lines behind it included. ``indent``: list levels it stands in."""

    kind: BlockKind
    start: int
    end: int
    indent: int = 0
    language: str = ""
    body_start: int = 0
    """Of a code block: where the code begins, behind the opening fence."""
    body_end: int = 0
    strip: int = 0
    """Of a code block: columns of white space that every line carries because of its surroundings."""

    def source(self, text: str) -> str:
        """Its Markdown, or for a code block the code itself, exactly as it should be copied."""
        if self.kind != "code":
            return text[self.start : self.end]
        code = text[self.body_start : self.body_end].removesuffix("\n")
        if not self.strip:
            return code
        return "\n".join(line[min(self.strip, len(line) - len(line.lstrip(" \t"))) :] for line in code.split("\n"))

    @property
    def limit(self) -> int:
        """How many characters of it may be rendered as what it is."""
        return TABLE_LIMIT if self.kind == "table" else RICH_LIMIT


def too_deep(source: str) -> bool:
    """Whether quotes and lists are nested so deeply that rendering it would lose text."""
    return any(len(_MARKER.findall(found.group())) > DEEPEST for found in _NESTING.finditer(source))


@dataclass
class _Open:
    """The block that may still grow."""

    block: Block
    form: Literal["text", "item", "quote", "fence", "indented"]
    fence: str = ""
    blank: bool = False
    """The last line was blank."""
    first: str = ""
    """The first line's beginning, for telling a table by its second line."""
    lines: int = 1


class BlockSplitter:
    """Feed it the text as it comes; ``closed`` only ever grows, ``blocks()`` also has what is still open."""

    def __init__(self) -> None:
        self.text = ""
        self.closed: list[Block] = []
        self._open: _Open | None = None
        self._in_list = False
        self._line_start = 0
        self._searched = 0

    def feed(self, more: str) -> None:
        """Add text. Costs by the length of ``more`` and of the last line."""
        self.text += more
        while (newline := self.text.find("\n", self._searched)) >= 0:
            self._take(self._line_start, newline + 1)
            self._line_start = self._searched = newline + 1
        self._searched = len(self.text)

    def blocks(self, since: int = 0) -> list[Block]:
        """All blocks from number ``since`` on; those beyond ``len(closed)`` may change with the next text."""
        trial = copy.copy(self)
        trial.closed = []
        trial._open = copy.copy(self._open)
        if self._line_start < len(self.text):
            trial._take(self._line_start, len(self.text))
        trial._close()
        return self.closed[since:] + trial.closed

    # -- one line -------------------------------------------------------------------------------------------------

    def _take(self, start: int, end: int) -> None:
        head = self.text[start : min(end, start + _HEAD)].rstrip("\r\n")
        opened = self._open
        if opened is not None and opened.form == "fence":
            self._in_fence(opened, head, start, end)
            return
        if not head.strip() and (end - start <= _HEAD or self.text[start:end].isspace()):
            if opened is not None:
                opened.blank = True
                opened.block = replace(opened.block, end=end)
            elif self.closed:
                self.closed[-1] = replace(self.closed[-1], end=end)
            return
        column = len(head) - len(head.lstrip(" \t"))
        if "\t" in head[:column]:
            column = len(head[:column].expandtabs(4))
        self._begin_or_grow(head, column, start, end)

    def _begin_or_grow(self, head: str, column: int, start: int, end: int) -> None:
        opened = self._open
        form = opened.form if opened is not None else ""
        running = opened is not None and not opened.blank
        inside = form == "item" and column >= 2
        fence = _FENCE.match(head)
        item = _ITEM.match(head)
        if opened is not None and form == "indented" and column >= 4:
            self._grow(end)
        elif fence:
            self._begin_fence(fence, column, start, end)
        elif opened is not None and inside:
            self._grow(end)
        elif column < 4 and _HEADING.match(head):
            self._begin("text", start, end)
            self._close()
        elif running and form == "text" and _SETEXT.match(head):
            self._grow(end)
            self._table_or_heading(head)
        elif _RULE.match(head):
            self._begin("text", start, end)
            self._close()
        elif item and (self._in_list or (column < 4 and (not running or form != "text" or _interrupts(item)))):
            self._begin("item", start, end)
        elif _QUOTE.match(head):
            if running and form == "quote":
                self._grow(end)
            else:
                self._begin("quote", start, end)
        elif running and form != "indented":
            self._grow(end)
            self._table_or_heading(head)
        elif column >= 4 and not self._in_list:
            self._begin("indented", start, end)
        else:
            self._begin("text", start, end, indent=int(self._in_list and column >= 2))

    def _table_or_heading(self, head: str) -> None:
        """The second line of a paragraph says what it is."""
        opened = self._open
        assert opened is not None
        opened.lines += 1
        if opened.lines != 2 or opened.form != "text":
            return
        if "|" in opened.first and "-" in head and _TABLE_RULE.match(head):
            opened.block = replace(opened.block, kind="table")
        elif _SETEXT.match(head):
            self._close()

    def _begin(self, form: Literal["text", "item", "quote", "indented"], start: int, end: int, indent: int = 0) -> None:
        self._close()
        self._in_list = form == "item" or indent > 0
        if form == "indented":
            block = Block("code", start, end, body_start=start, body_end=end, strip=4)
        else:
            block = Block("prose", start, end, indent)
        self._open = _Open(block, form, first=self.text[start : min(end, start + _HEAD)])

    def _begin_fence(self, fence: re.Match[str], column: int, start: int, end: int) -> None:
        self._close()
        self._in_list = self._in_list and column >= 2
        info = fence[3].strip()
        language = info.split()[0].strip("{}.,") if info else ""
        block = Block("code", start, end, int(self._in_list), language, end, end, column)
        self._open = _Open(block, "fence", fence=fence[2])

    def _in_fence(self, opened: _Open, head: str, start: int, end: int) -> None:
        closing = head.strip()
        mark = opened.fence
        all_fence = bool(closing) and closing == mark[0] * len(closing) and end - start <= _HEAD
        if all_fence and len(closing) >= len(mark):
            opened.block = replace(opened.block, end=end)
            self._close()
        elif all_fence and end == len(self.text) and not self.text.endswith("\n"):
            opened.block = replace(opened.block, end=end)  # the first characters of what will close it
        else:
            opened.block = replace(opened.block, end=end, body_end=end)

    def _grow(self, end: int) -> None:
        opened = self._open
        assert opened is not None
        opened.blank = False
        opened.block = replace(opened.block, end=end)
        if opened.form == "indented":
            opened.block = replace(opened.block, body_end=end)

    def _close(self) -> None:
        if self._open is not None:
            self.closed.append(self._open.block)
            self._open = None


def _interrupts(item: re.Match[str]) -> bool:
    """Whether a list item may follow a paragraph without a blank line between (CommonMark 5.2)."""
    return item.end() < len(item.string) and (not item[2][0].isdigit() or item[2][:-1] == "1")
