"""Text that was wrapped at a fixed width, shown as paragraphs: line breaks within a sentence become spaces.

One character for one, so every offset stays what it was. A file says nothing about which of its breaks are meant; a
break is taken for a wrap only where the next word would not have fitted any more, and never in code, lists, tables,
headings, quotations or verse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

_WRAPPED = frozenset({".txt", ".text", ".md", ".markdown", ".mdown", ".rst", ".adoc", ".org", ".eml", ""})
"""Formats in which lines are wrapped. In source code a line break is meant; other formats know paragraphs."""
_NARROWEST = 40
"""Characters. Shorter lines are addresses, verses, labels."""
_FULL = 0.8
"""Of the paragraph's longest line: how far a line and the next word must reach. People break some lines early."""
_FENCE = re.compile(r"\s*(?:```|~~~)(.*)")
_LIST = re.compile(r"\s*(?:[-*+•‣◦▪●○–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_STANDS_ALONE = re.compile(
    r"\s*(?:#{1,6}\s|>|\||[=\-~^*_+]{3,}\s*$)"  # headings, quotations, tables, rules
    r"|(?: {4}|\t)"  # code
    r"|.*(?:\t|\S {3,}\S| \| )"  # columns
    r"|\.\. |:\w[\w ]*:\s"  # directives and fields of reStructuredText
)
_LABEL = re.compile(r"[A-Z][\w -]{0,24}:\s|[\w-]{1,24}:\s")
"""``Subject: …``, ``author: …``: fields begin a line."""
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def reflow(text: str, path: str) -> str:
    """The same text, as long as before, with the breaks of wrapped lines as spaces. ``path`` tells the format."""
    if PurePath(path.replace("\\", "/")).suffix.lower() not in _WRAPPED:
        return text
    lines = text.split("\n")
    pieces: list[str] = []
    for paragraph in _paragraphs(lines):
        width = max(len(line.rstrip()) for line in paragraph)
        for line, following in zip(paragraph, [*paragraph[1:], ""], strict=True):
            joins = following and _is_prose(paragraph, width) and _was_wrapped(line, following, width)
            pieces.append(line + (" " if joins else "\n"))
    return "".join(pieces)[:-1]


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """All lines in order: those that may belong together in one group, others alone."""
    group: list[str] = []
    in_code = _begins_in_code(lines)
    in_list = False
    for line in lines:
        fence = _FENCE.match(line) is not None
        in_list = bool(line.strip()) and (in_list or _LIST.match(line) is not None)
        if fence or in_code or in_list or not line.strip() or _STANDS_ALONE.match(line):
            if group:
                yield group
                group = []
            yield [line]
        else:
            group.append(line)
        in_code ^= fence
    if group:
        yield group


def _begins_in_code(lines: list[str]) -> bool:
    """Whether an excerpt begins inside of a fenced block: a fence without its partner, and without a language."""
    fences = [found[1] for line in lines if (found := _FENCE.match(line))]
    return len(fences) % 2 == 1 and not fences[0].strip()


def _is_prose(paragraph: list[str], width: int) -> bool:
    verse = len(paragraph) > 2 and all(line.lstrip()[:1].isupper() for line in paragraph)
    return width >= _NARROWEST and not verse


def _was_wrapped(line: str, following: str, width: int) -> bool:
    if line.endswith(("  ", "\\")) or _LABEL.match(following):
        return False
    if _NO_SPACES.search(line.rstrip()[-1:]) or _NO_SPACES.search(following.lstrip()[:1]):
        return False
    word = following.split(maxsplit=1)[0]
    return len(line.rstrip()) + 1 + len(word) > _FULL * width
