"""The chips of attached collections: folded where there is no room, and at rest after that."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.chat.chips import Chips
from app.ui.theme import Theme
from tests.helpers.fake_libraries import collection


class _Requests(QObject):
    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


def test_folded_chips_come_to_rest(qtbot: QtBot, theme: Theme) -> None:
    chips = Chips(theme)
    qtbot.addWidget(chips)
    chips.resize(400, 40)
    infos = {number: collection(number, f"Collection {number}") for number in range(1, 7)}
    with qtbot.waitExposed(chips):
        chips.show()
    chips.show_collections(infos, tuple(infos))
    qtbot.waitUntil(chips.more.isVisible)
    assert chips.more.text() == f"+{sum(not chip.isVisible() for chip in chips.chips)}"
    for _ in range(20):
        QApplication.processEvents()
    requests = _Requests()
    chips.installEventFilter(requests)
    for _ in range(20):
        QApplication.processEvents()
    assert requests.count == 0
