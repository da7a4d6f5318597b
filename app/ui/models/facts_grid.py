"""Names and values in two columns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui.widgets.basic import label


class FactsGrid(QWidget):
    """Shows pairs; made again on each :meth:`show_facts`, reusing its labels."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(16)
        self._layout.setVerticalSpacing(6)
        self._layout.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show these, in order."""
        while len(self._rows) < len(facts):
            pair = label(kind="muted"), label(wrap=True, selectable=True)
            row = len(self._rows)
            self._layout.addWidget(pair[0], row, 0, Qt.AlignmentFlag.AlignTop)
            self._layout.addWidget(pair[1], row, 1, Qt.AlignmentFlag.AlignTop)
            self._rows.append(pair)
        for index, (name, value) in enumerate(self._rows):
            shown = index < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[index][0])
                value.setText(facts[index][1])
                value.setAccessibleName(f"{facts[index][0]}: {facts[index][1]}")
