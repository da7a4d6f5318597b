"""Put a text together from blocks, keeping where each block lies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.knowledge.parse.values import Block, BlockKind, PageSpan, ParsedFile

BETWEEN_BLOCKS = "\n\n"
BETWEEN_CELLS = " | "

_SPACES = re.compile(r"[\s\u200b\ufeff]+")


def one_line(text: str) -> str:
    """White space of any kind and length becomes one space; none is left at the ends."""
    return _SPACES.sub(" ", text).strip()


def table_row(cells: Sequence[str]) -> str:
    """One line of a table; empty when all cells are."""
    clean = [one_line(cell) for cell in cells]
    return BETWEEN_CELLS.join(clean).rstrip(" |") if any(clean) else ""


class TextBuilder:
    """Collects blocks for formats whose text is made by us (HTML, DOCX), not taken as it stands."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._page_starts: list[int] = []

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Append a block; one without text is left out. Neighbouring list items become one list."""
        if not text.strip():
            return
        last = self._blocks[-1] if self._blocks else None
        joins = last is not None and last.kind == kind and kind in ("list", "table") and level == last.level
        if last is not None:
            self._put("\n" if joins else BETWEEN_BLOCKS)
        start = self._length
        if kind == "code":
            text = text.strip("\n").rstrip()
        elif not joins:
            text = text.strip()  # items that follow in a list keep the indentation of their nesting
        self._put(text.rstrip())
        if joins and last is not None:
            self._blocks[-1] = Block(kind, last.start, self._length, level)
        else:
            self._blocks.append(Block(kind, start, self._length, level))

    def add_all(self, parsed: ParsedFile) -> None:
        """Append all blocks of another file."""
        for block in parsed.blocks:
            self.add(block.kind, parsed.text[block.start : block.end], block.level)
            self.end_group()

    def begin_page(self) -> None:
        """What follows is on a new page (a slide); text made without any such call has no pages."""
        self.end_group()
        self._page_starts.append(len(self._blocks))

    def end_group(self) -> None:
        """What follows is another list or table than what came before."""
        if self._blocks:
            last = self._blocks[-1]
            if last.kind in ("list", "table"):
                self._blocks[-1] = Block(last.kind, last.start, last.end, -1)

    def build(self, title: str = "") -> ParsedFile:
        """The text and its blocks; ``title`` falls back to the first heading of level 1."""
        text = "".join(self._parts)
        blocks = tuple(Block(b.kind, b.start, b.end, max(b.level, 0)) for b in self._blocks)
        first = next((b for b in blocks if b.kind == "heading" and b.level == 1), None)
        return ParsedFile(
            text, blocks, self._pages(blocks), one_line(title) or (text[first.start : first.end] if first else "")
        )

    def _pages(self, blocks: Sequence[Block]) -> tuple[PageSpan, ...]:
        pages = []
        for number, first in enumerate(self._page_starts, start=1):
            after = self._page_starts[number] if number < len(self._page_starts) else len(blocks)
            start = blocks[first].start if first < len(blocks) else self._length
            pages.append(PageSpan(number, start, blocks[after - 1].end if after > first else start))
        return tuple(pages)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
