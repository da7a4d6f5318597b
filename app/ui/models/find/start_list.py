"""Good small models to start with, by purpose: what the Find view shows before anybody has searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from app.models.hub.values import CuratedModel, Purpose
from app.ui.models.find.repositories import Repositories, Row
from app.ui.models.find.repository_list import RepositoryList
from app.ui.models.find.words import hub_name, purpose_words
from app.ui.theme import Theme
from app.ui.widgets.basic import button, column, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.flow import FlowLayout

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


class StartList(QWidget):
    """``browse_requested``: the person wants to see all that the hub has."""

    browse_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._models: tuple[CuratedModel, ...] = ()
        self.setObjectName("models.find.start")
        self.rows = Repositories(self)
        self.list = RepositoryList(theme, self.rows, "models.find.start.list", self.tr("Models to start with"))
        title = row(ElidedLabel(self.tr("Good ones to start with"), "heading"), spacing=8)
        title.setStretch(0, 1)
        self._browse = button("", "models.find.browse", self.browse_requested.emit, "link")
        self.name_hub(hub_name(""))
        title.addWidget(self._browse)
        self._chips = QWidget()
        self._group = QButtonGroup(self)
        chips = [self._chip("", self.tr("All")), *(self._chip(each, purpose_words(each)) for each in PURPOSES)]
        chips[0].setChecked(True)
        FlowLayout(self._chips, *chips)
        column(parent=self, spacing=10).addLayout(title)
        inside = self.layout()
        assert inside is not None
        inside.addWidget(self._chips)
        inside.addWidget(self.list)

    def name_hub(self, name: str) -> None:
        """How the hub is called that is asked."""
        words = self.tr("Browse all of {hub}").format(hub=name)
        self._browse.setText(words)
        self._browse.setAccessibleName(words)

    def show_models(self, models: Sequence[CuratedModel]) -> None:
        """Show these; purposes that none of them has are not offered."""
        self._models = tuple(models)
        there = {model.purpose for model in models}
        for chip in self._group.buttons():
            purpose = chip.property("purpose")
            chip.setVisible(not purpose or purpose in there)
        self._refresh()

    def _chip(self, purpose: str, words: str) -> QPushButton:
        made = button(words, f"models.find.purpose.{purpose or 'all'}", self._refresh, "chip")
        made.setProperty("purpose", purpose)
        made.setCheckable(True)
        self._group.addButton(made)
        return made

    def _refresh(self) -> None:
        chosen = self._group.checkedButton()
        purpose = chosen.property("purpose") if chosen is not None else ""
        self.rows.show_rows([Row.of_curated(model) for model in self._models if purpose in ("", model.purpose)])
