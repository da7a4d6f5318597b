"""Keeps what is chosen for models, in the order in which it was chosen.

What a person chooses is written in the background, and what is kept is read there, too: a reading that began before a
choice would bring back what was there before it. So each choice, and each one that was written, makes readings older.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.errors import SatchelError
from app.ui.parts import Parts

SAVE_AFTER_MS = 500


class PresetKeeper(QObject):
    """One write at a time. ``kept`` when one ended, well or not: who shows the model's preset may read it again."""

    kept = Signal(int)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._version: Counter[int] = Counter()
        self._waiting: dict[int, dict[str, object]] = {}
        self._writing: int | None = None
        self._later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._later.timeout.connect(self.write)

    def change(self, model_id: int, **changes: object) -> None:
        """Keep these fields of a model's preset half a second after the last change."""
        self._version[model_id] += 1
        self._waiting[model_id] = self._waiting.get(model_id, {}) | changes
        self._later.start()

    def version(self, model_id: int) -> int:
        """What a reading that begins now is to be compared with."""
        return self._version[model_id]

    def is_current(self, model_id: int, version: int) -> bool:
        """Whether a reading that began at ``version`` has all that was chosen."""
        unwritten = model_id in self._waiting or model_id == self._writing
        return not unwritten and version == self._version[model_id]

    def write(self) -> None:
        """Write what waits, now."""
        self._later.stop()
        if self._writing is not None or not self._waiting:
            return
        model_id = self._writing = next(iter(self._waiting))
        changes, models = self._waiting.pop(model_id), self._parts.models

        def write() -> None:
            models.presets.set(model_id, replace(models.presets.of(model_id), **changes))  # type: ignore[arg-type]

        def failed(error: SatchelError) -> None:
            self._parts.bridge.failed.emit(error)
            self._written()

        self._parts.bridge.run(write, lambda _none: self._written(), failed, self)

    def _written(self) -> None:
        assert self._writing is not None
        model_id, self._writing = self._writing, None
        self._version[model_id] += 1
        if not self._later.isActive():
            self.write()
        self.kept.emit(model_id)
