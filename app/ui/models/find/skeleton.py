"""Rows that are not there yet: while a search is on its way, the list's shape is shown."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme, room_px
from app.ui.widgets.rows import HEIGHT

_WIDTHS = ((0.34, 0.62), (0.46, 0.55), (0.28, 0.7), (0.4, 0.5), (0.31, 0.64), (0.43, 0.58))
"""Of a title and of the line below it, as shares of the row."""


class Skeleton(QWidget):
    """Grey shapes, fading towards the bottom. Decoration: what is awaited is said beside it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(self._theme.colors.hover)
        height = room_px(HEIGHT)
        for at, (title, below) in enumerate(_WIDTHS):
            top = at * height
            if top > self.height():
                break
            color.setAlphaF(max(0.1, 1.0 - at / len(_WIDTHS)))
            painter.setPen(QColor(0, 0, 0, 0))
            painter.setBrush(color)
            room = self.width() - 72
            painter.drawRoundedRect(QRectF(11, top + height / 2 - 18, 36, 36), 8, 8)
            painter.drawRoundedRect(QRectF(60, top + height / 2 - 15, room * title, 11), 4, 4)
            painter.drawRoundedRect(QRectF(60, top + height / 2 + 6, room * below, 8), 4, 4)
