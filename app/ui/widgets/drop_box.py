"""The dashed box that asks for a folder."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame

from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label


class DropBox(QFrame):
    """A dashed box that asks for a folder. Dropping is the window's work; a click or Enter chooses one."""

    clicked = Signal()

    def __init__(self, theme: Theme, text: str, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "drop")
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        icon = Icon(theme, "folder-plus", "accent", 44)
        title = label(text, "title")
        choose = button(self.tr("or choose one…"), f"{name}.choose", self.clicked.emit, "link")
        layout = column(spacing=10, margin=24, parent=self)
        layout.addStretch()
        for widget in (icon, title, choose):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
