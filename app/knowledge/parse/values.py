"""What a parser makes of a file: one text, and where its blocks and pages lie in it.

Every place is a half-open span of code points, ``text[start:end]``. Blocks are in order and do not overlap, pages
likewise; text between them is white space, or what no one would search for (a running head, a Markdown fence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True)
class PageSpan:
    """One page, numbered from 1."""

    number: int
    start: int
    end: int


@dataclass(frozen=True)
class Block:
    """One piece of a document's structure. ``level``: 1 to 6 for headings, 0 for all else."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True)
class ParsedFile:
    """A file's text and structure. ``pages`` is empty for formats without them, ``title`` where the file has none."""

    text: str
    blocks: tuple[Block, ...] = ()
    pages: tuple[PageSpan, ...] = ()
    title: str = ""
