"""Questions that lean on the one before: "and when was it built?" finds nothing when it is searched for alone.

Such a question is searched for together with the last question that stood on its own. ``Evidence.query`` says what
was really looked for, so the person can see it. A rule rather than the model: a small one rewrites questions badly and
would cost a second before anything is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PRONOUNS = frozenset(
    {"it", "its", "they", "them", "their", "he", "him", "his", "she", "her", "this", "that", "these", "those"}
    | {"er", "sie", "ihn", "ihm", "ihr", "ihre", "dessen", "deren", "diese", "dieser", "dieses"}
    | {"il", "elle", "ils", "elles", "lui", "leur", "cela", "ça"}
    | {"él", "ella", "ello", "ellos", "ellas", "eso", "esto"}
)
_COMMON = _PRONOUNS | {
    *("a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "but", "not", "there"),
    *("is", "are", "was", "were", "be", "been", "do", "does", "did", "has", "have", "had", "can", "could", "will"),
    *("what", "when", "where", "who", "whom", "whose", "which", "why", "how", "much", "many", "long", "old", "about"),
}
_OPENING = re.compile(r"^\W*(?:and|but|or|so|what about|how about|und|aber|oder|et|mais|ou|y|pero)\b", re.IGNORECASE)
_FEW = 3
"""Telling words. A question with more of them says itself what it is about."""


def leans(question: str) -> bool:
    """Whether a question seems to need the one before it."""
    words = re.findall(r"\w+", question.lower())
    telling = sum(word not in _COMMON for word in words)
    refers = _OPENING.match(question) is not None or any(word in _PRONOUNS for word in words)
    return telling == 0 or (refers and telling <= _FEW)


def search_queries(question: str, earlier: Sequence[str]) -> list[str]:
    """What to search for, to be tried in turn until something is found.

    ``earlier`` are the conversation's questions before this one, oldest first.
    """
    base = next((text for text in reversed(earlier) if not leans(text)), "")
    if not base:
        return [question]
    joined = f"{base.strip()} {question.strip()}"
    if leans(question):
        return [joined, question]
    return [question, joined] if len(question.split()) <= _FEW else [question]
