"""What happens with folders, files and models that come to the window: by a drop, a button or a second start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.knowledge.protocol import CollectionInfo
from app.services.events import CollectionsChanged, Event
from app.ui.documents.words import fraction, is_busy, progress_line, unfinished
from app.ui.drop import Dropped
from app.ui.notices import Note, NoticeCard, Notices
from app.ui.parts import Parts
from app.ui.widgets.words import counted, number


class Intake(QObject):
    """Documents become a collection, models go through the dialog that says whether they fit."""

    collection_made = Signal(int)
    """A new collection's id; the chat attaches it."""
    model_added = Signal(int)

    def __init__(self, parts: Parts, notices: Notices, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._notices, self._window = parts, notices, window
        self._waiting: list[Path] = []
        self._watched: dict[int, NoticeCard] = {}
        parts.bridge.happened.connect(self._happened)

    def take(self, dropped: Dropped) -> None:
        """Do what :attr:`Dropped.sentence` promised."""
        if dropped.elsewhere:
            self._notices.show_note(_not_local(self, dropped.elsewhere))
        if dropped.documents:
            self.add_documents(dropped.documents)
        self._waiting += dropped.models
        self._next_model()

    def add_documents(self, paths: Sequence[Path], then: Callable[[CollectionInfo], None] | None = None) -> None:
        """Make a collection of these and watch its progress in a notice; one that they are already is attached."""
        documents = self._parts.documents

        def made(found: tuple[bool, CollectionInfo]) -> None:
            known, info = found
            if known:
                self._notices.show_note(_known(self, info))
            else:
                self._watched[info.id] = self._notices.show_note(_progress(self, info))
                self._follow(info)
            self.collection_made.emit(info.id)
            if then is not None:
                then(info)

        self._parts.bridge.run(
            lambda: (documents.of(paths) is not None, documents.create(paths)), made, self._notices.show_error
        )

    def _next_model(self) -> None:
        from app.ui.models.add_dialog import AddModelDialog

        if not self._waiting or self._window.findChild(AddModelDialog) is not None:
            return
        dialog = AddModelDialog(self._parts, self._waiting.pop(0), self._window)
        dialog.added.connect(self.model_added)
        dialog.finished.connect(lambda _code: self._closed(dialog))
        dialog.open()

    def _closed(self, dialog: QObject) -> None:
        dialog.setParent(None)
        dialog.deleteLater()
        self._next_model()

    def _happened(self, event: Event) -> None:
        if isinstance(event, CollectionsChanged) and self._watched:
            for info in event.infos:
                if info.id in self._watched:
                    self._follow(info)

    def _follow(self, info: CollectionInfo) -> None:
        card = self._watched[info.id]
        if card.note.what not in {note.what for note in self._notices.notes()}:
            del self._watched[info.id]  # closed by the person
            return
        busy = is_busy(info) or unfinished(info)
        card.show_note(_progress(self, info) if busy else _finished(self, info))
        if not busy:
            del self._watched[info.id]


def _not_local(words: QObject, elsewhere: tuple[str, ...]) -> Note:
    return Note(
        words.tr("That is not on this machine."),
        words.tr("Satchel reads local files only and fetches nothing by itself: {address}.").format(
            address=elsewhere[0] if len(elsewhere[0]) < 80 else elsewhere[0][:79] + "…"
        ),
        words.tr("Save it to a file first, then drop the file."),
        "warning",
    )


def _known(words: QObject, info: CollectionInfo) -> Note:
    return Note(
        words.tr("“{name}” is in your documents already.").format(name=info.name),
        words.tr("It is looked through again for new and changed files."),
        "",
        "good",
    )


def _progress(words: QObject, info: CollectionInfo) -> Note:
    return Note(
        words.tr("Reading “{name}”").format(name=info.name),
        progress_line(info).removesuffix("…") + ".",
        words.tr("You can ask already."),
        stays=True,
        fraction=fraction(info),
    )


def _finished(words: QObject, info: CollectionInfo) -> Note:
    if info.problem:
        return Note(words.tr("“{name}” is not fully indexed.").format(name=info.name), info.problem, "", "warning")
    parts = [counted(words.tr("%Ln file(s) indexed", "", info.indexed), info.indexed)]
    if info.skipped:
        parts.append(words.tr("{n} skipped").format(n=number(info.skipped)))
    if info.failed:
        parts.append(words.tr("{n} failed").format(n=number(info.failed)))
    return Note(
        words.tr("“{name}” is ready.").format(name=info.name),
        ", ".join(parts) + ".",
        words.tr("See Documents for the reasons.") if info.skipped or info.failed else "",
        "good" if info.indexed else "warning",
    )
