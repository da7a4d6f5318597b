"""Questions go before passages, and do not wait for the one under way."""

from __future__ import annotations

import threading

from app.knowledge.turns import Turns


def test_no_passage_begins_while_a_search_is_under_way() -> None:
    turns = Turns()
    order: list[str] = []

    def passage() -> None:
        with turns.passage():
            order.append("passage")

    thread = threading.Thread(target=passage)
    with turns.ahead():
        thread.start()
        for n in range(3):
            with turns.question():
                order.append(f"question {n}")
        thread.join(0.05)
    thread.join()
    assert order == ["question 0", "question 1", "question 2", "passage"]


def test_a_question_does_not_wait_for_the_passage_under_way() -> None:
    turns = Turns()
    order: list[str] = []

    def second_passage() -> None:
        with turns.passage():
            order.append("second passage")

    thread = threading.Thread(target=second_passage)
    with turns.ahead():
        with turns.question():
            thread.start()
            order.append("question")
        assert turns.questions == 1
    thread.join()
    with turns.passage(), turns.question():
        order.append("question beside a passage")
    assert (order, turns.questions) == (["question", "second passage", "question beside a passage"], 0)
