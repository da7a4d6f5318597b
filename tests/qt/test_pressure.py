"""Memory that runs short: told once, told anew when it is worse, gone when there is enough again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.hardware.pressure_level import PressureLevel
from app.services.events import MemoryPressure
from app.ui.notices import Notices
from app.ui.pressure import PressureNotice
from tests.helpers.fake_libraries import model

SENTENCES: dict[PressureLevel, str] = {
    "ok": "There is enough memory again: 6.0 GB of 8.0 GB are free.",
    "warning": "Memory is getting short: 390 MB of 8.0 GB are free. Big takes 5.1 GB, everything else 2.5 GB.",
    "critical": "Memory is nearly used up: 150 MB of 8.0 GB are free. Unload the model, or close other programs.",
}


@pytest.fixture
def notices(qtbot: QtBot, world: SimpleNamespace) -> Iterator[Notices]:
    parent = QWidget()
    parent.resize(900, 600)
    qtbot.addWidget(parent)
    made = Notices(world.parts.theme, parent)
    PressureNotice(world.parts, made, parent)
    parent.show()
    yield made
    parent.close()


@pytest.fixture
def feel(qtbot: QtBot, world: SimpleNamespace) -> Callable[[PressureLevel], None]:
    """Publish a level, and wait until it has arrived."""

    def publish(level: PressureLevel) -> None:
        with qtbot.waitSignal(world.bridge.happened, timeout=5000):
            world.bridge.publish(MemoryPressure(level, SENTENCES[level]))

    return publish


def test_it_is_said_once_and_anew_when_it_gets_worse(notices: Notices, feel: Callable[[PressureLevel], None]) -> None:
    feel("warning")
    (note,) = notices.notes()
    assert note.what == "Memory is getting short: 390 MB of 8.0 GB are free."
    assert note.why == "Big takes 5.1 GB, everything else 2.5 GB."
    assert note.severity == "warning"
    feel("critical")
    (note,) = notices.notes()
    assert note.severity == "error"
    feel("warning")
    assert [each.severity for each in notices.notes()] == ["error"]
    feel("ok")
    assert notices.notes() == []


def test_one_that_was_closed_comes_back_only_after_there_was_enough(
    notices: Notices, feel: Callable[[PressureLevel], None]
) -> None:
    feel("warning")
    notices.cards()[0].close_notice()
    feel("warning")
    assert notices.notes() == []
    feel("ok")
    feel("warning")
    assert len(notices.notes()) == 1


def test_its_button_unloads_the_model(
    qtbot: QtBot, notices: Notices, feel: Callable[[PressureLevel], None], world: SimpleNamespace
) -> None:
    world.models.put(model(1))
    world.models.loaded.load(1)
    feel("critical")
    action = notices.findChild(QPushButton, "notice.action")
    assert action.text() == "Unload model"
    action.click()
    qtbot.waitUntil(lambda: world.models.loaded.state.phase == "none", timeout=5000)
