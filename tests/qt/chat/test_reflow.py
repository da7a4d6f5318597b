"""Which line breaks of a source are shown as spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QPlainTextEdit

from app.knowledge.protocol import Source
from app.ui.chat.reflow import reflow
from app.ui.chat.source_pane import SourcePane
from app.ui.theme import Theme

PROSE = """\
The base is covered for five years against breakage under
normal use. The lamp and its cable are covered for two
years. To claim, send the receipt."""


def test_a_wrapped_paragraph_is_one_line() -> None:
    assert reflow(PROSE, "/a/manual.txt") == PROSE.replace("\n", " ")


def test_paragraphs_stay_apart() -> None:
    assert reflow(f"{PROSE}\n\n{PROSE}\n", "/a/manual.md").splitlines() == [
        PROSE.replace("\n", " "),
        "",
        PROSE.replace("\n", " "),
    ]


def test_lines_that_were_broken_by_hand_differ_in_length() -> None:
    text = (
        "This line goes on to the very end of what fits into it, then\n"
        "the next is broken somewhat before that, between two\n"
        "parts of the sentence."
    )
    assert reflow(text, "C:\\papers\\one.TXT") == text.replace("\n", " ")


@pytest.mark.parametrize(
    "text",
    [
        "```python\nfirst_line_of_code_that_is_quite_long(argument)\nsecond_line_of_code_that_is_long(argument)\n```",
        "an_excerpt_that_begins_in_the_middle_of_code(argument)\nsecond_line_of_code_that_is_long(argument)\n```\nend",
        "    indented_code_that_is_quite_long(argument, another)\n    second_line_of_code_that_is_long(argument)",
        "- the first point, which is long enough to be wrapped by\n  an editor, goes on here\n- the second point",
        "1. the first point, which is long enough to be wrapped by\n   an editor, goes on here",
        "| Part of the desk | How long it is covered for | Note |\n|---|---|---|\n| Base | 5 years | normal use |",
        "Part of the desk     How long it is covered     Note\nBase of it           five years of use          none\n",
        "## A heading that is long enough to fill the whole of the line\nand the text below it begins here",
        "A heading that is long enough to fill the whole of a line\n================================\n",
        "> a quotation that is long enough to be wrapped by an editor\n> goes on here, with its mark",
        "Ada Lovelace\n12 St James's Square\nLondon",
        "Shall I compare thee to a summer's day? Thou art\nMore lovely and more temperate: rough winds do\nShake",
        "Subject: The warranty of the desk which I bought from you\nFrom: Ada Lovelace <ada@example.org>",
        "a line that is broken on purpose, by two spaces at the end  \nand the next line of it",
        "Short.\nThis line is much longer than the one before it, so that was meant.",
        "",
        "\n\n",
    ],
)
def test_these_breaks_are_meant(text: str) -> None:
    assert reflow(text, "/a/notes.md") == text


def test_source_code_is_left_alone() -> None:
    assert reflow(PROSE, "/a/manual.py") == PROSE


@given(st.text(alphabet="ab .|-#`>\n\t日1:A", max_size=300))
def test_only_line_breaks_change_and_each_for_one_character(text: str) -> None:
    shown = reflow(text, "/a/x.txt")
    assert len(shown) == len(text)
    assert all(a == b or (a, b) == ("\n", " ") for a, b in zip(text, shown, strict=True))


def test_the_pane_highlights_the_span_in_the_text_as_it_is_shown(theme: Theme, qtbot: object) -> None:
    text = f"😀 first\n\n{PROSE}"
    start = text.index("normal use")
    pane = SourcePane(theme)
    pane.show_source(Source("/a/x.txt", "X", "", None, None, text, 100, 100 + start - 6, 100 + start + 10, False))
    assert pane.cited_text() == "under normal use"
    shown = pane.findChild(QPlainTextEdit, "source.text")
    assert shown is not None
    assert shown.toPlainText() == text.replace("under\n", "under ").replace("two\n", "two ")
    pane.deleteLater()
