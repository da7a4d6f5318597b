"""Which questions are searched for with the one before."""

from __future__ import annotations

import pytest

from app.chat.followup import leans, search_queries


@pytest.mark.parametrize(
    "question",
    ["And when was it built?", "why?", "How old is it?", "What about Lyon?", "Who made them?", "Und wann?", "?"],
)
def test_these_lean(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "When was the Eiffel Tower built?",
        "How many people are there in Oslo?",
        "Which warranty does the base have, and how long does it last in the south?",
        "refund period",
    ],
)
def test_these_stand_alone(question: str) -> None:
    assert not leans(question)


def test_the_last_question_that_stood_alone_is_added() -> None:
    earlier = ["How high is the tower?", "And how old is it?"]
    assert search_queries("Who built it?", earlier) == ["How high is the tower? Who built it?", "Who built it?"]


def test_a_short_one_is_tried_alone_first() -> None:
    assert search_queries("Refund period?", ["Who sells it in Oslo?"]) == ["Refund period?"]
    assert search_queries("Refund period?", ["Which shop sells towers?"]) == [
        "Refund period?",
        "Which shop sells towers? Refund period?",
    ]


def test_the_first_question_has_nothing_to_lean_on() -> None:
    assert search_queries("Who built it?", []) == ["Who built it?"]
    assert search_queries("Who built it?", ["And why?"]) == ["Who built it?"]
