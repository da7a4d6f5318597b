"""A checked answer as people read it: sentences with their sources' numbers, and a mark where support is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.chat.sources import CheckedSentence, Evidence, Passage, Quote, Support

UNSUPPORTED_MARK = "[?]"
"""Stands after a sentence that the documents do not support, where only plain text can be shown."""


WITHOUT_DOCUMENTS = "Without your documents: the model's own words, not checked."
"""Stands with a reply for which the person asked the model alone."""


@dataclass(frozen=True)
class AnswerPart:
    """A piece of the answer, whitespace included; the parts together are the whole text."""

    text: str
    support: Support
    sources: tuple[int, ...]
    """Numbers of the passages it is supported by, best first."""


def answer_parts(text: str, checks: Sequence[CheckedSentence]) -> list[AnswerPart]:
    """Cut an answer where its checked sentences begin and end. What no check covers is "not_a_claim"."""
    parts: list[AnswerPart] = []
    position = 0
    for check in sorted(checks, key=lambda check: check.start):
        start, end = max(check.start, position), min(check.end, len(text))
        if start >= end:
            continue
        if start > position:
            parts.append(AnswerPart(text[position:start], "not_a_claim", ()))
        numbers = tuple(dict.fromkeys(citation.passage for citation in check.citations))
        parts.append(AnswerPart(text[start:end], check.support, numbers))
        position = end
    if position < len(text):
        parts.append(AnswerPart(text[position:], "not_a_claim", ()))
    return parts


def plain_answer(text: str, checks: Sequence[CheckedSentence]) -> str:
    """The answer with " [1][3]" after supported sentences, " [1?]" after partly and " [?]" after unsupported ones."""
    return "".join(_marked(part) for part in answer_parts(text, checks))


def sources_used(evidence: Evidence | None, checks: Sequence[CheckedSentence]) -> list[Passage]:
    """The passages that a quote or a checked sentence stands on, by number; not all that were retrieved."""
    if evidence is None:
        return []
    numbers = {quote.passage for quote in evidence.quotes}
    numbers.update(citation.passage for check in checks for citation in check.citations)
    return [passage for passage in evidence.passages if passage.number in numbers]


def nearest_passages(evidence: Evidence | None) -> list[Passage]:
    """What came nearest when the documents did not answer; empty when they did."""
    return [] if evidence is None or evidence.found else list(evidence.passages)


def support_mark(part: AnswerPart) -> str:
    """ "[1][3]"; "[1?]" where the source does not say all of it; "[?]" where none says it; empty for no claim."""
    if part.support == "unsupported":
        return UNSUPPORTED_MARK
    doubt = "?" if part.support == "partial" else ""
    return "".join(f"[{number}{doubt}]" for number in part.sources)


def support_summary(checks: Sequence[CheckedSentence]) -> str:
    """How much of the model's answer the documents support, as a sentence; empty when it claims nothing."""
    claims = [check for check in checks if check.support != "not_a_claim"]
    without = sum(check.support == "unsupported" for check in claims)
    if not claims or not without:
        return ""
    if without == len(claims):
        return "Your documents do not support what the model added."
    verb = "is" if without == 1 else "are"
    return f"{without} of the model's {len(claims)} sentences {verb} not supported by your documents."


def source_line(passage: Passage, quote: Quote | None = None) -> str:
    """Where a passage, or a quote of it, stands: ``report.pdf, page 3, Results › Heat``."""
    name = passage.path.replace("\\", "/").rsplit("/", 1)[-1] or passage.title
    number = quote.page if quote is not None and quote.page is not None else passage.page
    above = (quote.heading if quote is not None else "") or passage.heading
    page = f", page {number}" if number is not None else ""
    heading = f", {above}" if above else ""
    return f"{name}{page}{heading}"


def _marked(part: AnswerPart) -> str:
    body = part.text.rstrip()
    if not body:
        return part.text
    mark = support_mark(part)
    return f"{body} {mark}{part.text[len(body) :]}" if mark else part.text


NOT_FOUND = "I found nothing in your documents that answers this. The passages that come nearest are shown as sources."


def beyond_not_found(text: str) -> str:
    """What a reply says beside :data:`NOT_FOUND`, for where that is said in another way."""
    return text.removeprefix(NOT_FOUND).lstrip()


def not_found_answer(unfinished: int) -> str:
    """The reply when the documents do not answer; ``unfinished``: files that are still waiting to be indexed."""
    text = NOT_FOUND
    if unfinished == 1:
        return f"{text} One file is not indexed yet; ask again when it is."
    if unfinished:
        return f"{text} {unfinished:,} files are not indexed yet; ask again when they are."
    return text
