"""Rows of tables in a document's text, and quotes as they are shown, without a table's pipes."""

from __future__ import annotations

import re

_PIPED = re.compile(r"\s*\|.*\|\s*")
_BETWEEN = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_BETWEEN_SHOWN = " · "


def row_cells(line: str) -> list[str]:
    """The cells of a line between "|", empty ones included; nothing of a line that has none, or that is a rule."""
    if not _PIPED.fullmatch(line) and " | " not in line:
        return []
    return [] if is_rule(line) else [cell.strip().replace("\\|", "|") for cell in _BETWEEN.split(_inner(line))]


def is_rule(line: str) -> bool:
    """Whether it is the line of dashes below the names of a Markdown table's columns."""
    return "|" in line and _RULE.fullmatch(line) is not None


def quote_text(text: str) -> str:
    """A quote on one line. Of a Markdown table's row the cells: "Monitor · 350 euros · Team lead"."""
    shown = []
    for line in text.splitlines():
        cells = row_cells(line) if _PIPED.fullmatch(line) else []
        shown.append(_BETWEEN_SHOWN.join(cell for cell in cells if cell) if cells else line)
    return " ".join(" ".join(shown).split())


def _inner(line: str) -> str:
    return re.sub(r"(?<!\\)\|$", "", line.strip()).removeprefix("|")
