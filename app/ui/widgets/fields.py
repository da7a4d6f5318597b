"""Fields whose value the mouse wheel does not change: lists to choose from, numbers, sliders.

Qt's own take the wheel wherever the pointer happens to be while a page scrolls below it, and here every change is kept
at once. These let the page scroll, also while they have the focus: who has just typed a number scrolls on with the
pointer over it. Every field of the window is one of these; tests/qt/test_controls.py looks.

Rejected: an event filter on the application, which would bring every event of the program through Python.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox


class _LetsThePageScroll:
    """Stands before Qt's class in the list of bases, which must not have two of Qt's."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ListField(_LetsThePageScroll, QComboBox):
    """A list to choose one value from."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # Qt's default takes the focus with the wheel


class WholeField(_LetsThePageScroll, QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class DecimalField(_LetsThePageScroll, QDoubleSpinBox):
    """A number with decimals."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Slider(_LetsThePageScroll, QSlider):
    """A value on a line, from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
