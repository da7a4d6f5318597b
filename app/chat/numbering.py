"""Sources' numbers: in the order in which people meet them."""

from __future__ import annotations

from dataclasses import replace

from app.chat.sources import Evidence


def numbered_as_shown(evidence: Evidence) -> Evidence:
    """The same evidence with other numbers: [1] is the first quote's passage, and so on; then those without a quote.

    Done before anything is shown or saved, so that quotes, citations, lists, copies and exports agree. Passages come
    in the order of their numbers; those without a quote stay in the order of retrieval.
    """
    quoted = dict.fromkeys(quote.passage for quote in evidence.quotes)
    order = {number: place for place, number in enumerate(quoted)}
    passages = sorted(evidence.passages, key=lambda passage: order.get(passage.number, len(order)))
    numbers = {passage.number: number for number, passage in enumerate(passages, 1)}
    return replace(
        evidence,
        passages=tuple(replace(passage, number=numbers[passage.number]) for passage in passages),
        quotes=tuple(
            replace(quote, passage=numbers[quote.passage]) for quote in evidence.quotes if quote.passage in numbers
        ),
    )
