"""Windows and dialogs stay on the screen, whatever its size: no button lies beyond its edge."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QWidget

TITLE_BAR, EDGE = 40, 8
"""Room for the frame that the system draws around a window; it is not known before the window is shown."""


def room_on_screen(window: QWidget) -> QRect:
    """Where the inside of a window may lie on its screen, panels left out."""
    return window.screen().availableGeometry().adjusted(EDGE, TITLE_BAR, -EDGE, -EDGE)


def centre_on_screen(window: QWidget, wanted: QSize) -> None:
    """Give a window this size, or as much of it as there is room for, in the middle of its screen."""
    room = room_on_screen(window)
    placed = QRect(QPoint(), wanted.boundedTo(room.size()))
    placed.moveCenter(room.center())
    window.setGeometry(placed)


def keep_on_screen(window: QWidget) -> None:
    """Make a window smaller, or move it, as far as it hangs out of its screen."""
    if window.isMaximized() or window.isFullScreen():
        return
    room, now = room_on_screen(window), window.geometry()
    placed = QRect(now.topLeft(), now.size().boundedTo(room.size()))
    placed.moveLeft(max(room.left(), min(placed.left(), room.right() + 1 - placed.width())))
    placed.moveTop(max(room.top(), min(placed.top(), room.bottom() + 1 - placed.height())))
    if placed != now:
        window.setGeometry(placed)
