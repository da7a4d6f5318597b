"""Words are the same when a reader would say so."""

from __future__ import annotations

import pytest

from app.knowledge.words import content_stems, is_number, stem, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("engine", "engines"),
        ("Engine's", "engine"),
        ("invent", "invented"),
        ("running", "runs"),
        ("city", "cities"),
        ("Café", "cafe"),
        ("1,190", "1190"),
        ("population", "populate"),
    ],
)
def test_forms_of_a_word_are_the_same(one: str, other: str) -> None:
    assert words(one)[0].stem == words(other)[0].stem


@pytest.mark.parametrize(("one", "other"), [("bus", "bush"), ("3.5", "35"), ("1990", "1991"), ("ship", "shop")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert words(one)[0].stem != words(other)[0].stem


def test_what_is_written_is_kept_and_grammar_is_marked() -> None:
    found = words("The Normans, in 911!")
    assert [word.written for word in found] == ["The", "Normans", "in", "911"]
    assert [word.is_content for word in found] == [False, True, False, True]


def test_content_stems_fall_back_to_all_words() -> None:
    assert content_stems("Where is the engine of the engines?") == ["engin"]
    assert content_stems("to be or not to be") == ["to", "be", "or", "not"]
    assert content_stems("?!") == []


def test_numbers_are_known_in_digits_and_words() -> None:
    assert is_number("42") and is_number("3rd") and is_number("seven")
    assert not is_number("sevens-up") and not is_number("")


def test_stems_are_never_shorter_than_a_word_can_be() -> None:
    assert all(len(stem(word)) >= 3 for word in ("used", "able", "sing", "bed", "ally", "tions", "eyes"))
