"""A few words that need the person's eye, with what can be done about it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, label, restyle, row
from app.ui.widgets.flow import FlowLayout


class Alert(QFrame):
    """See the module; hidden until it is shown."""

    def __init__(self, theme: Theme, state: str, name: str, *actions: QPushButton) -> None:
        super().__init__()
        self.setProperty("kind", "notice")
        self.setObjectName(name)
        restyle(self, state=state)
        self.words: QLabel = label(wrap=True, selectable=True, name=f"{name}.words")
        icon, role = ("circle-alert", "bad") if state == "error" else ("info", "accent")
        if state == "warning":
            icon, role = "triangle-alert", "warn"
        top = row(Icon(theme, icon, role, 16), self.words, spacing=10)
        top.setStretch(1, 1)
        self.inside: QVBoxLayout = column(spacing=8, parent=self)
        self.inside.setContentsMargins(12, 10, 12, 10)
        self.inside.addLayout(top)
        if actions:
            self.offer(*actions)
        self.hide()

    def offer(self, *actions: QPushButton) -> None:
        """Put these below the words."""
        below = QWidget()
        FlowLayout(below, *actions, spacing=8)
        self.inside.addWidget(below)
