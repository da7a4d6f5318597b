"""Rows of a list view: an icon, a title, a line below it, words and badges at the right, perhaps a progress bar.

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
    """What a row shows. ``icon`` empty: none. ``fraction``: a bar below; ``faded``: it is not usable now."""

    title: str
    below: str = ""
    icon: str = "box"
    badges: tuple[Badge, ...] = ()
    fraction: float | None = None
    faded: bool = False
    beside: str = ""
    """Quiet words behind the title: whose it is."""
    aside: str = ""
    """A word at the right, before the badges: a size."""

    @property
    def words(self) -> str:
        """All of it, for a screen reader."""
        parts = (self.title, self.beside, *(badge.text for badge in self.badges), self.aside, self.below)
        return ", ".join(part for part in parts if part)


class RowDelegate(QStyledItemDelegate):
    """Paints :class:`RowContent` from ``ROW_ROLE``, each row ``height`` pixels high at a text scale of 100 %."""

    def __init__(self, theme: Theme, height: int = HEIGHT) -> None:
        super().__init__()
        self._theme = theme
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, room_px(self._height))  # the view makes it as wide as itself

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
        if selected:  # a hovered row looks much the same otherwise
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 10, 3, box.height() - 20), 1.5, 1.5)
        if focused:  # also a row that is not chosen yet: it is where Tab has led
            painter.setPen(QColor(colors.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        left = self._tile(painter, content, box) if content.icon else box.left() + 14
        right = self._badges(painter, content.badges, box, option.font)
        right = self._aside(painter, content.aside, box, right, option.font)
        self._words(painter, content, QRectF(left, box.top(), max(0.0, right - left - 8), box.height()), option.font)
        painter.restore()

    def _tile(self, painter: QPainter, content: RowContent, box: QRectF) -> float:
        colors = self._theme.colors
        tile = QRectF(box.left() + 10, box.center().y() - 18, 36, 36)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.pressed if content.faded else colors.accent_soft))
        painter.drawRoundedRect(tile, 8, 8)
        tint = colors.muted if content.faded else colors.accent
        icon = self._theme.icon(content.icon, tint, 20)
        icon.paint(painter, tile.adjusted(8, 8, -8, -8).toRect())
        return tile.right() + 12

    def _aside(self, painter: QPainter, text: str, box: QRectF, right: float, font: QFont) -> float:
        if not text:
            return right
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colors.muted))
        width = QFontMetrics(font).horizontalAdvance(text)
        where = QRectF(right - width - 4, box.top(), width + 1, box.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        return where.left() - 6

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
        lines = lines if content.below else lines[:1]
        heights = [QFontMetrics(entry[0]).height() for entry in lines]
        bar = 10.0 if content.fraction is not None else 0.0
        top = box.center().y() - (sum(heights) + 3 + bar) / 2
        for (face, text, color), height in zip(lines, heights, strict=True):
            painter.setFont(face)
            painter.setPen(QColor(color))
            shown = QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(QRectF(box.left(), top, box.width(), height), Qt.AlignmentFlag.AlignVCenter, shown)
            if face is title and content.beside:
                used = QFontMetrics(face).horizontalAdvance(shown) + 8
                painter.setFont(below)
                painter.setPen(QColor(colors.muted))
                rest = QRectF(box.left() + used, top, max(0.0, box.width() - used), height)
                beside = QFontMetrics(below).elidedText(content.beside, Qt.TextElideMode.ElideRight, int(rest.width()))
                painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, beside)
            top += height + 3
        if content.fraction is not None:
            groove = QRectF(box.left(), top + 2, box.width(), 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.pressed))
            painter.drawRoundedRect(groove, 2, 2)
            groove.setWidth(max(4.0, groove.width() * content.fraction))
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(groove, 2, 2)
