"""The keys that work everywhere in the window, once its pages are there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.ui.navigation import Navigation
from app.ui.rail import PAGES


def add_shortcut(window: QWidget, keys: str, do: Callable[[], object]) -> None:
    """Do this when the keys are pressed anywhere in the window."""
    QShortcut(QKeySequence(keys), window).activated.connect(do)


def add_shortcuts(window: QWidget, ways: Navigation) -> None:
    """Keys for the ways to the window's places."""
    for number, page in enumerate(PAGES, 1):
        add_shortcut(window, f"Ctrl+{number}", partial(ways.go, page))
    add_shortcut(window, "Ctrl+,", partial(ways.go, "settings"))
    add_shortcut(window, "Ctrl+N", ways.start_chat)
    add_shortcut(window, "Ctrl+K", ways.search_conversations)
    add_shortcut(window, "Esc", ways.step_back)
