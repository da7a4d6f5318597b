"""Rows of a list view: an icon, a title, a line below it, badges at the right, perhaps a progress bar.

Painted by a delegate, so that a list of thousands costs what is visible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.theme import Theme, font_px, room_px
from app.ui.tokens import FONT_SMALL

Tone = Literal["neutral", "good", "warn", "bad", "accent"]

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
HEIGHT = 64


@dataclass(frozen=True)
class Badge:
    """A small pill with a word."""

    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True)
class RowContent:
    """What a row shows. ``fraction``: a bar below; ``faded``: it is not usable now."""

    title: str
    below: str = ""
    icon: str = "box"
    badges: tuple[Badge, ...] = ()
    fraction: float | None = None
    faded: bool = False

    @property
    def words(self) -> str:
        """All of it, for a screen reader."""
        return ", ".join(part for part in (self.title, *(badge.text for badge in self.badges), self.below) if part)


class RowDelegate(QStyledItemDelegate):
    """Paints :class:`RowContent` from ``ROW_ROLE``."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, room_px(HEIGHT))  # the view makes it as wide as itself

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        content = index.data(ROW_ROLE)
        if not isinstance(content, RowContent):
            return
        colors = self._theme.colors
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(1, 2, -1, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.selected if selected else colors.hover))
            painter.drawRoundedRect(box, 10, 10)
        if focused and selected:
            painter.setPen(QColor(colors.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        tile = QRectF(box.left() + 10, box.center().y() - 18, 36, 36)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.pressed if content.faded else colors.accent_soft))
        painter.drawRoundedRect(tile, 8, 8)
        tint = colors.muted if content.faded else colors.accent
        icon = self._theme.icon(content.icon, tint, 20)
        icon.paint(painter, tile.adjusted(8, 8, -8, -8).toRect())
        right = self._badges(painter, content.badges, box, option.font)
        left = tile.right() + 12
        self._words(painter, content, QRectF(left, box.top(), max(0.0, right - left - 8), box.height()), option.font)
        painter.restore()

    def _badges(self, painter: QPainter, badges: tuple[Badge, ...], box: QRectF, font: QFont) -> float:
        colors = self._theme.colors
        tones = {
            "neutral": (colors.hover, colors.muted),
            "good": (colors.good_soft, colors.good),
            "warn": (colors.warn_soft, colors.warn),
            "bad": (colors.bad_soft, colors.bad),
            "accent": (colors.accent_soft, colors.accent),
        }
        small = QFont(font)
        small.setPixelSize(font_px(FONT_SMALL))
        small.setWeight(QFont.Weight.DemiBold)
        painter.setFont(small)
        metrics = QFontMetrics(small)
        right = box.right() - 12
        for badge in reversed(badges):
            width = metrics.horizontalAdvance(badge.text) + 18
            height = metrics.height() + 6
            pill = QRectF(right - width, box.center().y() - height / 2, width, height)
            ground, ink = tones[badge.tone]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(pill, height / 2, height / 2)
            painter.setPen(QColor(ink))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, badge.text)
            right -= width + 6
        return right

    def _words(self, painter: QPainter, content: RowContent, box: QRectF, font: QFont) -> None:
        colors = self._theme.colors
        title = QFont(font)
        title.setWeight(QFont.Weight.DemiBold)
        below = QFont(font)
        below.setPixelSize(font_px(FONT_SMALL))
        lines = [
            (title, content.title, colors.muted if content.faded else colors.text),
            (below, content.below, colors.muted),
        ]
        heights = [QFontMetrics(entry[0]).height() for entry in lines]
        bar = 10.0 if content.fraction is not None else 0.0
        top = box.center().y() - (sum(heights) + 3 + bar) / 2
        for (face, text, color), height in zip(lines, heights, strict=True):
            painter.setFont(face)
            painter.setPen(QColor(color))
            shown = QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(QRectF(box.left(), top, box.width(), height), Qt.AlignmentFlag.AlignVCenter, shown)
            top += height + 3
        if content.fraction is not None:
            groove = QRectF(box.left(), top + 2, box.width(), 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.pressed))
            painter.drawRoundedRect(groove, 2, 2)
            groove.setWidth(max(4.0, groove.width() * content.fraction))
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(groove, 2, 2)
