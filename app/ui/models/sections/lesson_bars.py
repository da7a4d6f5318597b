"""A model's size as it is taught: a bar for its weights at 32, 16, 8 and 4 bits each, and what the context adds."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.core.sizes import size_text
from app.models.sizing import BitsRow
from app.ui.models.memory_bar import shades
from app.ui.theme import Theme, font_px, room_px
from app.ui.tokens import FONT_SMALL

_ROW, _BAR, _GAP = 26, 10, 12


@dataclass(frozen=True)
class _Line:
    name: str
    size_bytes: int
    more_bytes: int
    own: bool

    @property
    def amount(self) -> str:
        return size_text(self.size_bytes + self.more_bytes)


class LessonBars(QWidget):
    """One line for each row; the file's own is in the colours of the memory bar: weights, then the context's part."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._lines: list[_Line] = []
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    def show_rows(self, rows: tuple[BitsRow, ...], own_name: str, context_bytes: int) -> None:
        """``own_name``: of the file's own row; ``context_bytes``: what the chosen context adds to it."""
        self._lines = [
            _Line(
                own_name if row.this_file else self.tr("{n} bit").format(n=f"{row.bits:g}"),
                row.weights_bytes,
                context_bytes if row.this_file else 0,
                row.this_file,
            )
            for row in rows
        ]
        self.setAccessibleName(", ".join(f"{line.name}: {line.amount}" for line in self._lines))
        self._restyle()

    def sizeHint(self) -> QSize:
        return QSize(240, room_px(_ROW) * max(1, len(self._lines)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._lines:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        plain, strong = self._font(QFont.Weight.Normal), self._font(QFont.Weight.DemiBold)
        names = max(QFontMetrics(strong).horizontalAdvance(line.name) for line in self._lines) + _GAP
        amounts = max(QFontMetrics(strong).horizontalAdvance(line.amount) for line in self._lines) + _GAP
        room = max(20.0, self.width() - names - amounts)
        most = max(line.size_bytes + line.more_bytes for line in self._lines) or 1
        height = room_px(_ROW)
        for number, line in enumerate(self._lines):
            top = number * height
            painter.setFont(strong if line.own else plain)
            painter.setPen(QColor(colors.text if line.own else colors.muted))
            painter.drawText(QRectF(0, top, names, height), Qt.AlignmentFlag.AlignVCenter, line.name)
            right = QRectF(self.width() - amounts, top, amounts, height)
            painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.amount)
            bar = QRectF(names, top + (height - _BAR) / 2, max(3.0, room * line.size_bytes / most), _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            if line.more_bytes:
                whole = QRectF(bar)
                whole.setWidth(bar.width() + max(3.0, room * line.more_bytes / most))
                painter.setBrush(shades(self._theme)[1])
                painter.drawRoundedRect(whole, _BAR / 2, _BAR / 2)
            painter.setBrush(QColor(colors.accent if line.own else colors.line_strong))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)

    def _font(self, weight: QFont.Weight) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(font_px(FONT_SMALL))
        font.setWeight(weight)
        return font
