"""Memory that runs short while a model is loaded: one notice, said anew only when it gets worse, with the way out."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.events import Event, MemoryPressure
from app.ui.notices import Action, Note, NoticeCard, Notices
from app.ui.parts import Parts


class PressureNotice(QObject):
    """Listens to the services. A notice that the person closed does not come back until memory was enough again."""

    def __init__(self, parts: Parts, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._notices = parts, notices
        self._card: NoticeCard | None = None
        self._told = ""
        parts.bridge.happened.connect(self._happened)

    def _happened(self, event: Event) -> None:
        if not isinstance(event, MemoryPressure):
            return
        if event.level == "ok":
            self._told = ""
            if self._card is not None:
                self._notices.dismiss(self._card)
            self._card = None
        elif self._told not in (event.level, "critical"):  # what got a little better was told already
            self._told = event.level
            self._tell(event)

    def _tell(self, event: MemoryPressure) -> None:
        what, _, why = event.sentence.partition(". ")
        note = Note(
            f"{what.removesuffix('.')}.",
            why,
            severity="error" if event.level == "critical" else "warning",
            action=Action(self.tr("Unload model"), self._unload),
            stays=True,
        )
        if self._card is not None and self._card in self._notices.cards():
            self._card.show_note(note)
        else:
            self._card = self._notices.show_note(note)

    def _unload(self) -> None:
        self._parts.bridge.run(self._parts.models.loaded.unload)
