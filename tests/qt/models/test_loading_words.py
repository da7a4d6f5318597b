"""Every step of a load is said in words, never by the name it has inside the program."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.models.cards import loading_words


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("", "Loading…"),
        ("size", "Looking whether it fits…"),
        ("weights", "Reading the weights…"),
        ("threads", "Measuring how many threads are fastest here…"),
        ("warm-up", "Warming up…"),
        ("a step of a later version", "Loading…"),
    ],
)
def test_each_step_has_words(qtbot: QtBot, step: str, words: str) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    assert loading_words(widget, step) == words
