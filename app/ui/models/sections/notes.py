"""What the person notes about a model; kept while they write."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPlainTextEdit

from app.models.model import LibraryModel
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.theme import room_px

SAVE_AFTER_MS = 600


class NotesSection(Section):
    """One field."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, self.tr("Notes"), "models.notes")
        self._field = QPlainTextEdit()
        self._field.setObjectName("models.notes.text")
        self._field.setAccessibleName(self.tr("Notes"))
        self._field.setPlaceholderText(self.tr("What it is good at, what it is not…"))
        self._field.setTabChangesFocus(True)
        self._field.setFixedHeight(room_px(110))
        self.inside.addWidget(self._field)
        self._later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._later.timeout.connect(self._save)
        self._of: LibraryModel | None = None
        self._field.textChanged.connect(self._later.start)

    def summarize(self, model: LibraryModel) -> None:
        self.set_summary(" ".join(model.notes.split()))

    def fill(self, model: LibraryModel) -> None:
        again = self._of is not None and self._of.id == model.id
        self._of = model
        if again and (self._later.isActive() or self._field.toPlainText().strip() == model.notes):
            return  # it is being written
        self._field.blockSignals(True)
        self._field.setPlainText(model.notes)
        self._field.blockSignals(False)

    def leave(self, model: LibraryModel) -> None:
        if self._later.isActive():
            self._save()

    def _save(self) -> None:
        self._later.stop()
        if self._of is None:
            return
        models, model_id, text = self.parts.models, self._of.id, self._field.toPlainText()
        self.parts.bridge.run(lambda: models.set_notes(model_id, text))
