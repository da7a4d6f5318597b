"""A button that copies a text and says so for a moment."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton

COPIED_MS = 1600


class CopyButton(IconButton):
    """``text_to_copy`` goes to the clipboard."""

    def __init__(self, theme: Theme, tooltip: str, name: str) -> None:
        super().__init__(theme, "copy", tooltip, name, self._copy, size=15)
        self.text_to_copy = ""
        self._tooltip = tooltip
        self._back = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._back.timeout.connect(lambda: self.set_icon("copy", self._tooltip))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text_to_copy)
        self.set_icon("check", self.tr("Copied"))
        self._back.start()
