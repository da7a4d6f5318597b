"""Cards: front matter goes, Markdown stays."""

from __future__ import annotations

from app.models.hub.card import MAX_CARD_BYTES, card_text, without_comments


def test_front_matter_and_comments_go() -> None:
    assert card_text(b"---\na: 1\n---\n# Title\n\n<!-- x\ny -->text\n\n---\n\nmore\n---\n") == (
        "# Title\n\ntext\n\n---\n\nmore\n---"
    )
    assert card_text("\ufeff---\r\na: 1\r\n---\r\nText".encode()) == "Text"
    assert card_text(b"---\na: 1\n---") == ""


def test_a_card_without_front_matter_stays() -> None:
    assert card_text(b"# Title\n---\nnot front matter\n---\n") == "# Title\n---\nnot front matter\n---"
    assert card_text(b"--- no front matter") == "--- no front matter"
    assert card_text(b"") == ""


def test_bytes_that_are_no_text_and_long_ones() -> None:
    assert card_text(b"a\xffb") == "a�b"
    long = card_text(b"x" * (MAX_CARD_BYTES + 1))
    assert long == "x" * MAX_CARD_BYTES + "\n\n…"


def test_comments_that_never_end_cost_nothing() -> None:
    """A pattern that looks for the end from each beginning would hold up the whole program for most of a minute."""
    hostile = "<!--" * (MAX_CARD_BYTES // 4)
    assert card_text(hostile.encode()) == hostile
    assert without_comments("a<!-- <!-- -->b<!-->c-->d<!-- e") == "abd<!-- e"
