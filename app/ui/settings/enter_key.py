"""Enter in the message field makes a new line where the person chose that Ctrl+Enter sends."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EnterKey(QObject):
    """Watches ``field``; ``sends`` is asked at each press, so a change in the settings holds at once."""

    def __init__(self, field: QPlainTextEdit, sends: Callable[[], bool]) -> None:
        super().__init__(field)
        self._field, self._sends = field, sends
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _ENTER
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
            and not self._sends()
        ):
            self._field.insertPlainText("\n")
            return True
        return super().eventFilter(watched, event)
