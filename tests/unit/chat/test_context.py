"""What of a conversation stays in view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.context import Room, first_kept, reply_limit
from app.core.errors import ModelError

ROOM = Room.of(1000, max_reply=200, instructions=20, frame=4, usual_question=100)


def test_all_stays_while_it_fits() -> None:
    assert first_kept([100] * 6, 50, ROOM) == 0
    assert first_kept([], 50, ROOM) == 0


def test_many_turns_go_at_once_and_then_none_for_a_while() -> None:
    kept = [first_kept([100] * count, 50, ROOM) for count in range(14)]
    assert kept == [0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8]


def test_a_turn_larger_than_the_room_goes() -> None:
    assert first_kept([50, 5000, 50], 50, ROOM) == 2


def test_a_question_that_cannot_fit_is_refused_with_numbers() -> None:
    with pytest.raises(ModelError, match="too long") as caught:
        first_kept([], 761, ROOM)
    assert "761" in caught.value.why
    assert "760" in caught.value.why


def test_the_reply_gets_at_most_a_quarter_of_a_small_context() -> None:
    assert Room.of(512, max_reply=1024, instructions=0, frame=0, usual_question=64).reply == 128


@given(
    st.lists(st.integers(1, 400), max_size=40),
    st.integers(1, 700),
    st.integers(300, 4000),
    st.integers(16, 2000),
)
def test_what_stays_always_fits_and_what_went_stays_away(
    turns: list[int], question: int, n_ctx: int, max_reply: int
) -> None:
    room = Room.of(n_ctx, max_reply=max_reply, instructions=20, frame=4, usual_question=n_ctx // 8)
    if question > room.for_question():
        return
    first = first_kept(turns, question, room)
    used = 24 + question + sum(turns[first:])
    assert used + room.reply <= n_ctx
    assert 1 <= reply_limit(max_reply, used, n_ctx) <= max_reply
    assert first_kept([*turns, 1], question, room) >= first
