"""A centred paragraph shows all of its text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.widgets.centred_words import CentredWords


def test_no_line_is_cut_in_a_wider_layout(qtbot: QtBot, theme: Theme) -> None:
    outer = QWidget()
    qtbot.addWidget(outer)
    outer.resize(900, 600)
    words = CentredWords("Some words that go on for a while. " * 6, "lead", 300)
    layout = QVBoxLayout(outer)
    layout.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch()
    with qtbot.waitExposed(outer):
        outer.show()
    needed = words.fontMetrics().boundingRect(0, 0, 300, 10_000, Qt.TextFlag.TextWordWrap, words.text())
    assert words.width() == 300
    assert words.height() >= needed.height() > 2 * words.fontMetrics().height()
