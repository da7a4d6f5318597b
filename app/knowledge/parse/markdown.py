"""Markdown: structure by markdown-it-py's source line maps. The text is the source itself, so that spans are exact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from markdown_it import MarkdownIt

from app.knowledge.parse.decode import decode
from app.knowledge.parse.values import Block, BlockKind, ParsedFile

_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "blockquote_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "html_block": "paragraph",
}
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)\n\1[ \t]*(?:\n|\Z)", re.S)
_FRONT_TITLE = re.compile(r"^title\s*[:=]\s*[\"']?(.+?)[\"']?\s*$", re.M)
_HEADING_MARKS = re.compile(r"^\s{0,3}#{1,6}\s+|\s+#+\s*$|\n[=\-]+\s*$|^\s+|\s+$")


def parse(data: bytes) -> ParsedFile:
    """Parse Markdown (CommonMark with tables); front matter gives the title and is no block."""
    text = decode(data)
    front = _FRONT_MATTER.match(text)
    offset = front.end() if front else 0
    blocks = tuple(_blocks(text, offset))
    named = _FRONT_TITLE.search(front.group(2)) if front else None
    first = next((b for b in blocks if b.kind == "heading" and b.level == 1), None)
    title = named.group(1) if named else _HEADING_MARKS.sub("", text[first.start : first.end]) if first else ""
    return ParsedFile(text, blocks, (), title)


def _blocks(text: str, offset: int) -> Iterator[Block]:
    body = text[offset:]
    # Inline parsing is the slow part and not needed: only the block rules run.
    parser = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table").disable(["inline", "text_join"])
    # markdown-it counts "\n" only; so does this.
    starts = [offset, *accumulate((len(line) + 1 for line in body.split("\n")), initial=offset)][1:]
    for token in parser.parse(body):
        if token.level != 0 or token.map is None:
            continue
        start, end = _trim(text, starts[token.map[0]], min(starts[token.map[1]], len(text)))
        if start >= end:
            continue
        if token.type == "heading_open":
            yield Block("heading", start, end, int(token.tag[1]))
        elif kind := _KINDS.get(token.type):
            yield Block(kind, start, end)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start] == "\n":
        start += 1
    return start, end
