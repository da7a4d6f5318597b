"""Questions that lean on the one before: "and when was it built?" finds nothing when it is searched for alone.

Such a question is searched for together with what it takes from the questions before. ``Evidence.query`` says what
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


_NAME = re.compile(r"(?<=[\w,;)] )[^\W\d_a-zà-ÿ][\w’'-]*(?: [^\W\d_a-zà-ÿ][\w’'-]*)*")
"""Capitalised words that do not begin the sentence."""


def leans(question: str) -> bool:
    """Whether a question seems to need the one before it."""
    return not _telling(question) or (
        (_refers(question) or _OPENING.match(question) is not None) and len(_telling(question)) <= _FEW
    )


def search_queries(question: str, earlier: Sequence[str]) -> list[str]:
    """What to search for, to be tried in turn until something is found.

    ``earlier`` are the conversation's questions before this one, oldest first. "When was it built?" takes the topic of
    the question before ("Eiffel Tower When was it built?"); "What about the Louvre?" brings a topic of its own and
    takes what was asked ("How high is the What about the Louvre?").
    """
    if leans(question):
        if _refers(question) or not _telling(question):
            topic = next((_topic(text) for text in reversed(earlier) if not _refers(text) and _topic(text)), "")
            return [f"{topic} {question.strip()}", question] if topic else [question]
        asked = next((_NAME.sub("", text).rstrip(" ?") for text in reversed(earlier) if not leans(text)), "")
        return [" ".join(f"{asked} {question}".split()), question] if asked else [question]
    base = next((text for text in reversed(earlier) if not leans(text)), "")
    if base and question.rstrip().endswith("?") and len(question.split()) <= _FEW:
        return [question, f"{_topic(base)} {question.strip()}"]
    return [question]


def _topic(question: str) -> str:
    """What a question is about: the names in it, else its telling words without the "high" of "how high"."""
    names: list[str] = _NAME.findall(question.strip())
    return " ".join(names) or " ".join(_telling(re.sub(r"\b(how)\s+\w+", r"\1", question, flags=re.IGNORECASE)))


def _telling(question: str) -> list[str]:
    return [word for word in re.findall(r"\w+", question) if word.lower() not in _COMMON]


def _refers(question: str) -> bool:
    return any(word in _PRONOUNS for word in re.findall(r"\w+", question.lower()))
