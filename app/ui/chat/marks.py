"""What the check of an answer shows in its text: sentences without support, numbers of the passages behind others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.chat.sources import CheckedSentence, Citation, Evidence, Passage, Support


@dataclass(frozen=True)
class Mark:
    """One sentence, ``start..end`` in the answer's Markdown. ``closing``: last of a run of sentences without support,
    where the words for it stand."""

    start: int
    end: int
    support: Support
    citations: tuple[Citation, ...] = ()
    closing: bool = True


def marks_of(checks: Iterable[CheckedSentence]) -> tuple[Mark, ...]:
    """The sentences that show something, in order."""
    shown = sorted((check for check in checks if check.support != "not_a_claim"), key=lambda check: check.start)
    return tuple(
        Mark(
            check.start,
            check.end,
            check.support,
            _one_per_passage(check.citations),
            closing=after is None or after.support != "unsupported",
        )
        for check, after in zip(shown, [*shown[1:], None], strict=False)
    )


def unsupported(checks: Iterable[CheckedSentence]) -> int:
    """How many sentences have no support."""
    return sum(check.support == "unsupported" for check in checks)


def partly_supported(checks: Iterable[CheckedSentence]) -> int:
    """How many sentences their source says only in part."""
    return sum(check.support == "partial" for check in checks)


def _one_per_passage(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
    best: dict[int, Citation] = {}
    for citation in citations:
        if citation.passage not in best or citation.score > best[citation.passage].score:
            best[citation.passage] = citation
    return tuple(sorted(best.values(), key=lambda citation: citation.passage))


def used_passages(evidence: Evidence, checks: Iterable[CheckedSentence]) -> tuple[list[Passage], list[Passage]]:
    """The passages that are quoted or cited, and the others that were only read; both by number."""
    used = {quote.passage for quote in evidence.quotes}
    used |= {citation.passage for check in checks for citation in check.citations}
    passages = sorted(evidence.passages, key=lambda passage: passage.number)
    return [p for p in passages if p.number in used], [p for p in passages if p.number not in used]
