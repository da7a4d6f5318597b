"""A model card without HTML and pictures."""

from __future__ import annotations

import time

import pytest

from app.ui.models.find.card_text import LONGEST, MOST_CODE, card_text


@pytest.mark.parametrize(
    ("card", "text"),
    [
        ("![logo](https://example.org/a.png)\n\nWords.", "Words."),
        ("[![badge](https://b.org/x.svg)](https://b.org)\nWords.", "Words."),
        ('<p align="center"><img src="http://evil.example/x.png"></p>\n\nWords.', "Words."),
        ("<h2>Usage</h2>\nRun it.", "## Usage\n\nRun it."),
        ('See <a href="https://example.org/paper">the paper</a>.', "See [the paper](https://example.org/paper)."),
        ("<b>Bold</b> words", "**Bold** words"),
        ("<!-- nobody sees\nthis --> Words.", "Words."),
        ("<style>p { color: red }</style>Words.", "Words."),
        ("one<br/>two", "one\ntwo"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
    ],
)
def test_html_becomes_markdown_or_goes_away(card: str, text: str) -> None:
    assert card_text(card) == (text, False)


def test_code_is_left_as_it_is() -> None:
    code = "```html\n<img src='a.png'>\n![x](y)\n```"
    assert card_text(f"Words.\n\n{code}")[0] == f"Words.\n\n{code}"


def test_a_table_survives() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    assert card_text(table)[0] == table


def test_a_very_long_card_is_cut_and_says_so() -> None:
    text, cut = card_text("word " * LONGEST)
    assert cut
    assert len(text) <= LONGEST


def test_of_very_many_pieces_of_code_the_first_are_shown() -> None:
    text, cut = card_text("```\nx\n```\n\n" * 400)
    assert cut
    assert text.count("```") == 2 * MOST_CODE


@pytest.mark.parametrize("hostile", ["<", "<a ", "![", "[![", "<style>", "<!--", "<h1>", "(", "[]("])
def test_hostile_repetition_ends(hostile: str) -> None:
    """A pattern that is quadratic here would run into the suite's own time limit many times over."""
    began = time.process_time()
    card_text(hostile * (LONGEST // len(hostile)))
    assert time.process_time() - began < 20
