"""A conversation's title until the person gives it one: the first words of its first question."""

from __future__ import annotations

import re

UNTITLED = "New conversation"
_LONGEST = 48


def title_of(question: str) -> str:
    """One line of at most 48 characters, cut between words where there are any; empty for a blank question."""
    line = next((part for part in question.splitlines() if part.strip("#>*`-= \t")), "")
    line = " ".join(re.sub(r"^[#>*`\-=\s]+", "", line).split())
    if len(line) <= _LONGEST:
        return line
    cut = line[: _LONGEST - 1]
    if line[_LONGEST - 1] != " " and " " in cut[_LONGEST // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.–-") + "…"
