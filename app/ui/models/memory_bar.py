"""A stacked bar: the parts of a sum of memory against what is free, with a legend that names each."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.core.sizes import size_text
from app.ui.theme import Theme, font_px, room_px
from app.ui.tokens import FONT_SMALL

_BAR = 14
_LINE = 22


@dataclass(frozen=True)
class Part:
    """One part of the sum."""

    name: str
    size_bytes: int


def memory_parts(weights_bytes: int, kv_bytes: int, rest_bytes: int) -> tuple[Part, ...]:
    """What a model takes on a device, in the words that are used everywhere.

    ``rest_bytes``: what it computes in, and in main memory the process that has the model.
    """
    translate = QCoreApplication.translate
    return (
        Part(translate("models", "Weights"), weights_bytes),
        Part(translate("models", "KV cache"), kv_bytes),
        Part(translate("models", "Working memory"), rest_bytes),
    )


class MemoryBar(QWidget):
    """Parts are drawn against ``of_bytes``; where the sum is larger, the bar is the sum and a line marks the limit."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._parts: tuple[Part, ...] = ()
        self._of_bytes = 0
        self._of_name = ""
        self.setObjectName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self._restyle)

    def show_parts(self, parts: tuple[Part, ...], of_bytes: int, of_name: str) -> None:
        """Draw these; ``of_name`` names what is left ("free")."""
        self._parts, self._of_bytes, self._of_name = parts, of_bytes, of_name
        self.setAccessibleName(", ".join(text for _, text in self._legend()))
        self.updateGeometry()
        self.update()

    @property
    def total_bytes(self) -> int:
        """The sum of the parts."""
        return sum(part.size_bytes for part in self._parts)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return _BAR + 10 + room_px(_LINE) * max(1, len(self._lines(width)))

    def sizeHint(self) -> QSize:
        return QSize(260, self.heightForWidth(260))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _BAR + 10 + room_px(_LINE))

    def resizeEvent(self, _event: object) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def _restyle(self) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        whole = max(self._of_bytes, self.total_bytes, 1)
        bar = QRectF(0, 0, self.width(), _BAR)
        clip = QPainterPath()
        clip.addRoundedRect(bar, _BAR / 2, _BAR / 2)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(bar, QColor(colors.pressed))
        left = 0.0
        for part, color in zip(self._parts, self._colors(), strict=True):
            width = self.width() * part.size_bytes / whole
            if part.size_bytes:
                width = max(width, 3.0)
            painter.fillRect(QRectF(left, 0, width, _BAR), color)
            left += width
        painter.restore()
        if self.total_bytes > self._of_bytes > 0:
            limit = self.width() * self._of_bytes / whole
            painter.fillRect(QRectF(limit - 1, -2, 2, _BAR + 4), QColor(colors.bad))
        self._paint_legend(painter)

    def _paint_legend(self, painter: QPainter) -> None:
        colors = self._theme.colors
        painter.setFont(self._small())
        dots = [*self._colors(), QColor(colors.pressed)]
        height = room_px(_LINE)
        for row, line in enumerate(self._lines(self.width())):
            for index, left, text in line:
                middle = _BAR + 10 + height * row + height / 2
                painter.setPen(QColor(colors.line_strong) if index == len(self._parts) else Qt.PenStyle.NoPen)
                painter.setBrush(dots[index])
                painter.drawEllipse(QRectF(left + 0.5, middle - 4.5, 9, 9))
                painter.setPen(QColor(colors.muted))
                box = QRectF(left + 16, middle - height / 2, self.width() - left - 16, height)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    def _colors(self) -> list[QColor]:
        return shades(self._theme)[: len(self._parts)]

    def _legend(self) -> list[tuple[int, str]]:
        texts = [(index, f"{part.name} {size_text(part.size_bytes)}") for index, part in enumerate(self._parts)]
        left_bytes = self._of_bytes - self.total_bytes
        if self._of_name and left_bytes >= 0:
            texts.append((len(self._parts), f"{self._of_name} {size_text(left_bytes)}"))
        return texts

    def _lines(self, width: int) -> list[list[tuple[int, float, str]]]:
        metrics = QFontMetrics(self._small())
        lines: list[list[tuple[int, float, str]]] = [[]]
        left = 0.0
        for index, text in self._legend():
            needed = 16 + metrics.horizontalAdvance(text) + 16
            if lines[-1] and left + needed - 16 > width:
                lines.append([])
                left = 0.0
            lines[-1].append((index, left, text))
            left += needed
        return lines

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(font_px(FONT_SMALL))
        return font


def shades(theme: Theme) -> list[QColor]:
    """The parts' colours in their order (weights, KV cache, …): steps towards the ground, told apart without hue."""
    accent, ground = QColor(theme.colors.accent), QColor(theme.colors.ground)
    return [_mix(accent, ground, step) for step in (0.0, 0.35, 0.58, 0.75, 0.85)]


def _mix(first: QColor, second: QColor, amount: float) -> QColor:
    return QColor.fromRgbF(
        first.redF() * (1 - amount) + second.redF() * amount,
        first.greenF() * (1 - amount) + second.greenF() * amount,
        first.blueF() * (1 - amount) + second.blueF() * amount,
    )
