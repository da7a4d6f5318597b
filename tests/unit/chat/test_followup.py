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


def test_a_pronoun_takes_the_topic_of_the_question_before() -> None:
    earlier = ["How high is the Eiffel Tower in Paris?", "And how old is it?"]
    assert search_queries("Who built it?", earlier) == ["Eiffel Tower Paris Who built it?", "Who built it?"]
    assert search_queries("Why?", ["How long is the warranty on the frame?"])[0] == "warranty frame Why?"


def test_a_new_topic_takes_what_was_asked_before() -> None:
    earlier = ["How high is the Eiffel Tower?"]
    assert search_queries("What about the Louvre?", earlier)[0] == "How high is the What about the Louvre?"
    assert search_queries("And the motor?", ["How long is the warranty on the frame?"])[0].startswith("How long is")


def test_the_newest_topic_counts() -> None:
    earlier = ["How high is the Eiffel Tower?", "What about the Louvre?"]
    assert search_queries("When did it open?", earlier)[0] == "Louvre When did it open?"


def test_a_short_question_is_tried_alone_first() -> None:
    assert search_queries("Refund period?", ["Who sells bikes in Oslo?"]) == ["Refund period?", "Oslo Refund period?"]
    assert search_queries("Thanks!", ["Who sells bikes in Oslo?"]) == ["Thanks!"]


def test_the_first_question_has_nothing_to_lean_on() -> None:
    assert search_queries("Who built it?", []) == ["Who built it?"]
    assert search_queries("What about it?", ["And why?"]) == ["What about it?"]
