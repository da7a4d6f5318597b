"""What stands in the middle of a view that has nothing to list: a picture, a heading, a sentence, what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.core.errors import SatchelError
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, row
from app.ui.widgets.centred_words import CentredWords

WIDTH = 340


class StatePanel(QWidget):
    """``actions`` stand below the words, side by side. :meth:`say` shows other words."""

    def __init__(self, theme: Theme, icon: str, name: str, *actions: QWidget, role: str = "line_strong") -> None:
        super().__init__()
        self.setObjectName(name)
        self._icon = Icon(theme, icon, role, 48)
        self._title = CentredWords("", "heading", WIDTH, f"{name}.title")
        self._words = CentredWords("", "muted", WIDTH, f"{name}.words")
        layout = column(spacing=10, margin=16, parent=self)
        layout.addStretch(1)
        for widget in (self._icon, self._title, self._words):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        if actions:
            buttons = row(*actions, spacing=8)
            buttons.insertStretch(0)
            buttons.addStretch()
            layout.addSpacing(4)
            layout.addLayout(buttons)
        layout.addStretch(2)

    def say(self, title: str, words: str = "") -> None:
        """Show these."""
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        for paragraph in (self._title, self._words):
            paragraph.updateGeometry()

    def say_error(self, error: SatchelError) -> None:
        """What happened is the heading; why, and what next, stand below."""
        self.say(error.what, " ".join(part for part in (error.why, error.next_step) if part))
