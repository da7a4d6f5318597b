"""While a model loads: what is being done is said in words, and it can be stopped."""

import threading
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.models.cards import LoadedCard, loading_words
from app.ui.models.loading import load_model
from tests.helpers.fake_libraries import model


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


def test_a_load_is_stopped_without_a_notice(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    world.models.loaded.hold = threading.Event()
    card = LoadedCard(world.parts)
    qtbot.addWidget(card)
    world.parts.bridge.happened.connect(lambda event: card.show_state(event.state))
    card.show()
    stop = card.findChild(QPushButton, "models.loading.stop")
    assert not stop.isVisible()

    load_model(world.parts, 1, None)
    qtbot.waitUntil(stop.isVisible, timeout=5000)
    assert stop.accessibleName() == "Stop loading the model"
    stop.click()
    qtbot.waitUntil(lambda: not stop.isVisible(), timeout=5000)
    assert card.findChild(QLabel, "models.loaded.title").text() == "No model is loaded"
    assert world.notes == []
