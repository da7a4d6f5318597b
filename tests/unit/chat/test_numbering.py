"""Sources are numbered as people meet them."""

from __future__ import annotations

from app.chat.numbering import numbered_as_shown
from app.chat.sources import Evidence, Passage, Quote


def _passage(number: int) -> Passage:
    return Passage(number, 10 + number, 1, 1, f"/docs/{number}.md", "", "", None, 0, 10, "text", 1.0 / number)


def _quote(passage: int, start: int) -> Quote:
    return Quote(passage, start, start + 3, "tex", 0.9)


def test_the_first_quote_has_number_one_and_passages_without_a_quote_come_last() -> None:
    passages = tuple(_passage(number) for number in range(1, 6))
    found = Evidence("what?", passages, (_quote(4, 0), _quote(2, 0), _quote(4, 5)), True)
    shown = numbered_as_shown(found)
    assert [quote.passage for quote in shown.quotes] == [1, 2, 1]
    assert [(passage.number, passage.path) for passage in shown.passages] == [
        (1, "/docs/4.md"),
        (2, "/docs/2.md"),
        (3, "/docs/1.md"),
        (4, "/docs/3.md"),
        (5, "/docs/5.md"),
    ]
    assert [quote.start for quote in shown.quotes] == [0, 0, 5]
    assert numbered_as_shown(shown) == shown


def test_without_quotes_retrieval_gives_the_order() -> None:
    nothing = Evidence("what?", (_passage(1), _passage(2)), (), False)
    assert numbered_as_shown(nothing) == nothing
    assert numbered_as_shown(Evidence("what?")) == Evidence("what?")
