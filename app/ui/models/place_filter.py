"""Which place's models are shown: Satchel's folder, Ollama, …; hidden while there is only one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from app.models.model import LibraryModel
from app.ui.models.words import other_place, own_place, place_of
from app.ui.widgets.basic import button
from app.ui.widgets.flow import FlowLayout


class PlaceFilter(QWidget):
    """``chosen`` with a place's name; empty for all of them."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("models.places")
        self.setAccessibleName(self.tr("Places"))
        self._group = QButtonGroup(self)
        self._flow = FlowLayout(self, spacing=6)
        self._buttons: dict[str, QPushButton] = {}
        self._place = ""
        self.hide()

    @property
    def place(self) -> str:
        """The place that is shown; empty: all."""
        return self._place

    def show_models(self, models: Sequence[LibraryModel], *, wanted: bool) -> None:
        """Offer the places of these; ``wanted``: whether there are enough models to choose among places."""
        counts = Counter(place_of(model) for model in models)
        places = sorted(counts, key=_order) if wanted and len(counts) > 1 else []
        if places != list(self._buttons)[1:]:
            self._rebuild(places)
        for place in places:
            self._buttons[place].setText(f"{place} {counts[place]}")
            self._buttons[place].setAccessibleName(self.tr("{place}: {n} models").format(place=place, n=counts[place]))
        if self._place and self._place not in places:
            self._choose("")
        self.setVisible(bool(places))

    def show_all(self) -> None:
        """Show the models of all places."""
        if self._place:
            self._choose("")

    def _rebuild(self, places: Sequence[str]) -> None:
        for old in self._buttons.values():
            self._group.removeButton(old)
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._buttons = {}
        for place in ("", *places) if places else ():
            name = f"models.places.{place.casefold().replace(' ', '_') or 'all'}"
            made = button(place or self.tr("All"), name, kind="chip")
            made.setCheckable(True)
            made.setChecked(place == self._place)
            made.clicked.connect(lambda _=False, place=place: self._choose(place))
            self._group.addButton(made)
            self._flow.addWidget(made)
            self._buttons[place] = made

    def _choose(self, place: str) -> None:
        self._place = place
        if place in self._buttons:
            self._buttons[place].setChecked(True)
        self.chosen.emit(place)


def _order(place: str) -> tuple[bool, bool, str]:
    """Satchel's folder, the person's, then the programs'."""
    return place != own_place(), place != other_place(), place.casefold()
