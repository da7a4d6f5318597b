"""A few views of one page to choose between, side by side; each may carry a small badge."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QSizePolicy, QWidget

from app.ui.theme import Theme, font_px
from app.ui.tokens import FONT_TINY
from app.ui.widgets.basic import button, row

_BEFORE = 5
"""Between a view's name and its badge, in pixels."""


class Segments(QFrame):
    """Emits ``chosen`` with a view's name when the person chooses it. Left and Right move between them."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str, accessible: str, views: dict[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self._badges: dict[str, str] = {}
        self._words = views
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setProperty("kind", "segments")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        inside = row(margin=3, spacing=2, parent=self)
        for view, words in views.items():
            made = button(words, f"{name}.{view}")
            made.setCheckable(True)
            made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the badge stands behind the words
            made.clicked.connect(lambda _=False, view=view: self.chosen.emit(view))
            self._group.addButton(made)
            self._buttons[view] = made
            inside.addWidget(made)
        theme.changed.connect(self._retint)
        self.show_view(next(iter(views)))

    def show_view(self, view: str) -> None:
        """Mark the view that is shown."""
        self._buttons[view].setChecked(True)

    def set_badge(self, view: str, text: str, words: str = "") -> None:
        """A short text behind a view's name ("2", "43 %"); ``words`` say it to a screen reader. Empty: none."""
        if self._badges.get(view, "") == text:
            return
        self._badges[view] = text
        name = f"{self._words[view]}, {words}" if words else self._words[view]
        self._buttons[view].setAccessibleName(name)
        self._buttons[view].setToolTip(words)
        self._retint()

    def _retint(self) -> None:
        for view, made in self._buttons.items():
            text = self._badges.get(view, "")
            if text:
                picture = _pill(self, text, self._theme)
                made.setIconSize(QSize(round(picture.deviceIndependentSize().width()), made.fontMetrics().height()))
                made.setIcon(QIcon(picture))
            else:
                made.setIcon(QIcon())


def _pill(widget: QWidget, text: str, theme: Theme) -> QPixmap:
    font = QFont(widget.font())
    font.setPixelSize(font_px(FONT_TINY))
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetrics(font)
    height = metrics.height() + 3
    width = max(height, metrics.horizontalAdvance(text) + 10)
    scale = widget.devicePixelRatioF()
    picture = QPixmap(round((_BEFORE + width) * scale), round(height * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.colors.accent))
    box = QRectF(_BEFORE, 0, width, height)
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(QColor(theme.colors.on_accent))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture
