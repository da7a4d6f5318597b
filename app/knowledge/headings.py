"""Where a file's headings are, and under which a place in it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.knowledge.parse.values import ParsedFile

HEADING_JOINT = " › "
_LONGEST_HEADING = 120
_HEADING_MARKS = re.compile(r"^\s*#{1,6}\s+|\s+#+\s*$|\n\s*([=\-~^\"'`#*+.:_])\1*\s*$")


@dataclass(frozen=True)
class Heading:
    """``text[start:end]`` of a file is a heading; ``path`` is it and those above it, outermost first ("A › B").

    It is in force from its start to the next one.
    """

    start: int
    end: int
    path: str


def headings_of(parsed: ParsedFile) -> list[Heading]:
    """All headings of a file, in order."""
    found: list[Heading] = []
    above: list[tuple[int, str]] = []
    for block in parsed.blocks:
        if block.kind == "heading":
            while above and above[-1][0] >= block.level:
                above.pop()
            above.append((block.level, heading_text(parsed.text[block.start : block.end])))
            path = HEADING_JOINT.join(name for _, name in above if name)
            found.append(Heading(block.start, block.end, path))
    return found


def heading_text(source: str) -> str:
    """A heading's words on one line, without the marks of Markdown and reStructuredText."""
    text = " ".join(_HEADING_MARKS.sub("", source.strip()).split())
    return text if len(text) <= _LONGEST_HEADING else text[: _LONGEST_HEADING - 1].rstrip() + "…"


def shared_path(paths: Sequence[str]) -> str:
    """What all paths begin with: the headings that hold for everything under any of them."""
    parts = [path.split(HEADING_JOINT) for path in paths]
    shared: list[str] = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return HEADING_JOINT.join(shared)
