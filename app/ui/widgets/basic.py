"""The small parts that every page is made of. Each takes an object name and an accessible name, so that a test and a
screen reader find it (docs/controls.md lists them)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.ui.theme import Theme

LayoutT = TypeVar("LayoutT", bound=QBoxLayout)


def label(text: str = "", kind: str = "", *, wrap: bool = False, selectable: bool = False, name: str = "") -> QLabel:
    """A label; ``kind`` is a style of style.qss (display, title, heading, strong, muted, small, section, good, …)."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("kind", kind)
    made.setWordWrap(wrap)
    made.setObjectName(name)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def button(
    text: str, name: str, clicked: Callable[[], None] | None = None, kind: str = "", accessible: str = ""
) -> QPushButton:
    """A push button; ``kind``: primary, quiet, danger, chip, link or the plain one."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setAccessibleName(accessible or text)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if clicked is not None:
        made.clicked.connect(lambda _=False: clicked())
    return made


class IconButton(QToolButton):
    """A button with only an icon. The tooltip is its accessible name."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        tooltip: str,
        name: str,
        clicked: Callable[[], None] | None = None,
        *,
        size: int = 18,
        role: str = "muted",
    ) -> None:
        super().__init__()
        self._theme, self._icon, self._role, self._size = theme, icon, role, size
        self.setObjectName(name)
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip)
        self.setIconSize(QSize(size, size))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if clicked is not None:
            self.clicked.connect(lambda _=False: clicked())
        theme.changed.connect(self._retint)
        self._retint()

    def set_icon(self, icon: str, tooltip: str = "") -> None:
        """Show another icon (and say another thing)."""
        self._icon = icon
        if tooltip:
            self.setToolTip(tooltip)
            self.setAccessibleName(tooltip)
        self._retint()

    def _retint(self) -> None:
        self.setIcon(self._theme.icon(self._icon, getattr(self._theme.colors, self._role), self._size))


class Icon(QLabel):
    """A picture that is only decoration."""

    def __init__(self, theme: Theme, icon: str, role: str = "muted", size: int = 18) -> None:
        super().__init__()
        self._theme, self._icon, self._role, self._size = theme, icon, role, size
        theme.changed.connect(self._retint)
        self._retint()

    def set_icon(self, icon: str, role: str) -> None:
        """Show another icon in another colour."""
        self._icon, self._role = icon, role
        self._retint()

    def _retint(self) -> None:
        self.setPixmap(self._theme.pixmap(self._icon, getattr(self._theme.colors, self._role), self._size))


def frame(kind: str, name: str = "") -> QFrame:
    """A frame in a style of style.qss: card, well, notice, header, …"""
    made = QFrame()
    made.setProperty("kind", kind)
    made.setObjectName(name)
    return made


def line() -> QFrame:
    """A hairline."""
    return frame("line")


def column(*widgets: QWidget, margin: int = 0, spacing: int = 8, parent: QWidget | None = None) -> QVBoxLayout:
    """A vertical layout of widgets."""
    return _fill(QVBoxLayout(parent) if parent is not None else QVBoxLayout(), widgets, margin, spacing)


def row(*widgets: QWidget, margin: int = 0, spacing: int = 8, parent: QWidget | None = None) -> QHBoxLayout:
    """A horizontal layout of widgets."""
    return _fill(QHBoxLayout(parent) if parent is not None else QHBoxLayout(), widgets, margin, spacing)


def _fill(layout: LayoutT, widgets: tuple[QWidget, ...], margin: int, spacing: int) -> LayoutT:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def restyle(widget: QWidget, **properties: str) -> None:
    """Set dynamic properties and let the style sheet look again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
