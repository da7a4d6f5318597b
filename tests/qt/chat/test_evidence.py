"""How the documents' own sentences are shown."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.chat.sources import Evidence, Passage, Quote
from app.ui.chat.cards import CardButton
from app.ui.chat.evidence import EvidenceView
from app.ui.chat.intents import Intents
from app.ui.theme import Theme

ROW = "| Monitor | 350 euros | Team lead |"


def test_a_row_of_a_table_is_shown_without_pipes_and_opens_as_it_is(qtbot: QtBot, theme: Theme) -> None:
    passage = Passage(1, 1, 7, 1, "/office.md", "office.md", "", None, 100, 100 + len(ROW), ROW, 1.0)
    quote = Quote(1, 100, 100 + len(ROW), ROW, 1.0)
    intents = Intents()
    view = EvidenceView(theme, Evidence("Who approves it?", (passage,), (quote,), True), intents, "evidence")
    qtbot.addWidget(view)
    card = view.findChild(CardButton, "evidence.quote1")
    assert card.accessibleName() == "Quote from office.md: Monitor · 350 euros · Team lead"
    assert "Monitor · 350 euros · Team lead" in [label.text() for label in card.findChildren(QLabel)]
    with qtbot.waitSignal(intents.source_requested) as opened:
        card.click()
    assert opened.args is not None
    assert (opened.args[0].file_id, opened.args[0].start, opened.args[0].end) == (7, 100, 100 + len(ROW))
