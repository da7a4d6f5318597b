"""Which messages are answered without a search."""

from __future__ import annotations

import pytest

from app.chat.smalltalk import is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        *("hello", "Hi!", "HELLO THERE :)", "Good morning, Satchel!", "hey, how are you today?", "hi 👋"),
        *("thanks!", "Thank you so much.", "Thanks a lot", "thank you very much", "thanks for that!", "Bye!"),
        *("Thanks, and goodbye", "You’re welcome", "Guten Morgen!", "Vielen Dank", "Wie geht's?", "merci beaucoup"),
        *("¡Muchas gracias!", "  hola  "),
    ],
)
def test_these_are_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "?", "👋", "42", "hello world program", "Thanks. How high is it?", "thank you letter", "hi-fi warranty"),
        *(
            "Who wrote Hello, Dolly?",
            "good morning routine",
            "ok",
            "and",
            "bye-laws",
            "thanks 2",
            "Cheers episode list",
        ),
        "hello " * 40,
    ],
)
def test_these_are_questions(text: str) -> None:
    assert not is_small_talk(text)
