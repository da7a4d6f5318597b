"""The frame of a dialog of the library: a title, a sentence, the content, buttons; never larger than the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.theme import room_px
from app.ui.widgets.basic import column, label, row
from app.ui.widgets.dialogs import Dialog

WIDTH, HEIGHT = 640, 560


class Panel(Dialog):
    """Put the content in with :meth:`lay_out`. It is deleted when it is closed."""

    def __init__(self, parent: QWidget, name: str, title: str, words: str) -> None:
        super().__init__(parent, name, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.take_room(room_px(WIDTH), room_px(HEIGHT))
        self._title = label(title, "title", wrap=True, name=f"{name}.title")
        self._words = label(words, "muted", wrap=True, name=f"{name}.words")

    def lay_out(self, content: QWidget, *buttons: QPushButton, aside: QWidget | None = None) -> None:
        """``aside``: stands at the left of the buttons."""
        layout = column(self._title, self._words, spacing=6, parent=self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.addSpacing(8)
        layout.addWidget(content, 1)
        layout.addSpacing(8)
        below = row(spacing=8)
        if aside is not None:
            below.addWidget(aside, 1)
        else:
            below.addStretch()
        for each in buttons:
            below.addWidget(each)
        layout.addLayout(below)
