"""The frame of a page: a header with the title and actions, and a scrolling column that stays readable when wide."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import Icon, column, frame, label, row

HEADER_HEIGHT = 64


def header(title: str, *actions: QWidget, name: str, views: QWidget | None = None) -> QFrame:
    """The page's title at the left, the choice of its views beside it, actions at the right."""
    made = frame("header", name)
    made.setFixedHeight(HEADER_HEIGHT)
    layout = QHBoxLayout(made)
    layout.setContentsMargins(24, 0, 20, 0)
    layout.setSpacing(8)
    layout.addWidget(label(title, "title", name=f"{name}.title"))
    if views is not None:
        layout.addSpacing(16)
        layout.addWidget(views)
    layout.addStretch()
    for action in actions:
        layout.addWidget(action)
    return made


def scrolling(content: QWidget, name: str = "") -> QScrollArea:
    """A frameless vertical scroll area around a page's content."""
    area = QScrollArea(widgetResizable=True)
    area.setObjectName(name)
    area.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a stop of Tab that nothing shows; keys scroll from what is inside
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    content.setProperty("kind", "page")
    area.setWidget(content)
    return area


def centred_column(width: int, *widgets: QWidget, spacing: int = 16) -> tuple[QWidget, QVBoxLayout]:
    """A page's content: one column, at most ``width`` wide, in the middle."""
    outer = QWidget()
    inner = QWidget()
    inner.setMaximumWidth(width)
    layout = column(*widgets, spacing=spacing, parent=inner)
    layout.setContentsMargins(24, 24, 24, 32)
    across = QHBoxLayout(outer)
    across.setContentsMargins(0, 0, 0, 0)
    across.addStretch(1)
    across.addWidget(inner, 1000)
    across.addStretch(1)
    return outer, layout


def card_with_title(theme: Theme, icon: str, title: str, name: str, *actions: QWidget) -> tuple[QFrame, QVBoxLayout]:
    """A card that begins with an icon, a small title, and actions at the right; its layout takes the rest."""
    made = frame("card", name)
    layout = column(spacing=10, parent=made)
    layout.setContentsMargins(18, 10, 18, 16)
    top = row(Icon(theme, icon, "accent", 18), label(title, "section"), spacing=8)
    top.addStrut(room_px(26))  # as high as an action: titles of cards side by side stand on one line
    top.addStretch()
    for action in actions:
        top.addWidget(action)
    layout.addLayout(top)
    return made, layout


class Sides(QWidget):
    """Two widgets beside each other, or one above the other where there is no room."""

    def __init__(self, first: QWidget, second: QWidget, narrower_than: int = 620) -> None:
        super().__init__()
        self._narrower_than = narrower_than
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(16)
        self._layout.addWidget(first, 1)
        self._layout.addWidget(second, 1)

    def resizeEvent(self, event: object) -> None:
        narrow = self.width() < self._narrower_than
        wanted = QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        if self._layout.direction() != wanted:
            self._layout.setDirection(wanted)
