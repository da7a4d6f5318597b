from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.reply_text import ReplyText


def collector() -> tuple[list[str], Callable[[str], None]]:
    pieces: list[str] = []
    return pieces, pieces.append


def test_only_whole_characters_go_out() -> None:
    pieces, emit = collector()
    reply = ReplyText(emit, frame_s=0.0)
    for byte in "a€😀".encode():
        reply.push(bytes([byte]))
    assert pieces == ["a", "€", "😀"]
    assert reply.finish() == "a€😀"


def test_a_character_cut_off_at_the_end_is_marked() -> None:
    pieces, emit = collector()
    reply = ReplyText(emit, frame_s=0.0)
    reply.push(b"ok \xf0\x9f")
    assert reply.finish() == "ok �"
    assert pieces == ["ok ", "�"]


@given(st.text(), st.lists(st.integers(1, 5)), st.floats(0, 3))
def test_what_was_emitted_is_the_text_however_it_was_cut(text: str, cuts: list[int], step: float) -> None:
    pieces, emit = collector()
    now = iter(range(10**9))
    reply = ReplyText(emit, ("\nUser:",), frame_s=2.0, clock=lambda: next(now) * step)
    data = text.encode("utf-8", "replace")
    for cut in [*cuts, len(data) + 1]:
        reply.push(data[:cut])
        data = data[cut:]
    expected = text.encode("utf-8", "replace").decode().split("\nUser:")[0]
    assert reply.finish() == expected
    assert "".join(pieces) == expected


def test_text_is_gathered_within_a_frame() -> None:
    pieces, emit = collector()
    times = iter([0.0, 0.001, 0.002, 0.020])
    reply = ReplyText(emit, frame_s=0.016, clock=lambda: next(times))
    for piece in (b"one ", b"two ", b"three ", b"four"):
        reply.push(piece)
    assert pieces == ["one ", "two three four"]


@pytest.mark.parametrize("piece_size", [1, 2, 3, 100])
def test_a_stop_text_and_what_follows_are_no_part_of_the_reply(piece_size: int) -> None:
    pieces, emit = collector()
    reply = ReplyText(emit, ("\nUser:", "\nAssistant:"), frame_s=0.0)
    data = b"Fine.\nUsers know.\nUser: more"
    for start in range(0, len(data), piece_size):
        reply.push(data[start : start + piece_size])
        if reply.stopped:
            break
    assert reply.stopped
    assert reply.finish() == "Fine.\nUsers know."
    assert "".join(pieces) == "Fine.\nUsers know."


def test_the_beginning_of_a_stop_text_is_not_lost_at_the_end() -> None:
    _, emit = collector()
    reply = ReplyText(emit, ("\nUser:",), frame_s=0.0)
    reply.push(b"Fine.\nUse")
    assert not reply.stopped
    assert reply.finish() == "Fine.\nUse"
