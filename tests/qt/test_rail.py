"""The rail says which page is shown and how full the memory is."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.ui.bridge import Bridge
from app.ui.rail import PAGES, Memory, MemoryMeter, Rail
from app.ui.theme import Theme

GB = 10**9


def test_a_click_asks_for_the_page_and_marks_it(qtbot: QtBot, theme: Theme, bridge: Bridge) -> None:
    rail = Rail(theme, bridge, lambda: Memory(1, 2))
    qtbot.addWidget(rail)
    asked: list[str] = []
    rail.chosen.connect(asked.append)
    for page in PAGES:
        button = rail.findChild(QToolButton, f"rail.{page}")
        button.click()
        assert button.isChecked()
        assert button.accessibleName()
    assert asked == list(PAGES)


def test_only_one_page_is_marked(qtbot: QtBot, theme: Theme, bridge: Bridge) -> None:
    rail = Rail(theme, bridge, lambda: Memory(1, 2))
    qtbot.addWidget(rail)
    rail.show_page("documents")
    assert [page for page in PAGES if rail.button(page).isChecked()] == ["documents"]


def test_the_meter_says_in_words_what_it_draws(qtbot: QtBot, theme: Theme, bridge: Bridge) -> None:
    meter = MemoryMeter(theme, bridge, lambda: Memory(12 * GB, 16 * GB))
    qtbot.addWidget(meter)
    with qtbot.waitExposed(meter):
        meter.show()
    qtbot.waitUntil(lambda: bool(meter.toolTip()), timeout=5000)
    assert meter.toolTip() == "12.0 GB of this machine's 16.0 GB of memory are in use by all programs; 4.0 GB are free."
    assert meter.accessibleDescription() == meter.toolTip()


def test_memory_of_an_unreadable_machine_is_no_division_by_zero() -> None:
    assert Memory(0, 0).fraction == 0.0
