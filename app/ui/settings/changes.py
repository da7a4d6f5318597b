"""What was changed on the Settings page, on its way into the settings file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.ui.parts import Parts

SAVE_AFTER_MS = 300


class Changes(QObject):
    """Saves each soon after it was made, several together where somebody types or turns a wheel."""

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._unsaved: dict[tuple[str, str], Any] = {}
        self._save_later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_later.timeout.connect(self._save)

    def of(self, table: str) -> Callable[[str], Callable[[Any], None]]:
        """``of("chat")("max_reply_tokens")`` is what a control calls with the new value."""

        def of_field(name: str) -> Callable[[Any], None]:
            def change(value: Any) -> None:
                self._unsaved[table, name] = value
                self._save_later.start()

            return change

        return of_field

    def _save(self) -> None:
        """Only what was changed here: the rest may be another meanwhile (the offline switch has its own ways)."""
        changes, self._unsaved = self._unsaved, {}
        settings = self._parts.settings

        def save() -> None:
            chosen = settings.current
            for (table, name), value in changes.items():
                chosen = replace(chosen, **{table: replace(getattr(chosen, table), **{name: value})})
            settings.save(chosen)

        self._parts.bridge.run(save)
