"""The deleted models: bring one back, or free their room for good."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from app.core.sizes import size_text
from app.models.library_values import TrashedModel
from app.services.events import Event, LibraryChanged
from app.ui.models.dialogs.panel import Panel
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label, line, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.page import scrolling
from app.ui.widgets.state_panel import StatePanel
from app.ui.widgets.words import day


class TrashDialog(Panel):
    """A row for each model."""

    def __init__(self, parts: Parts, parent: QWidget) -> None:
        super().__init__(
            parent,
            "models.trash",
            self.tr("Deleted models"),
            self.tr("They can be brought back for 30 days, with their notes and settings."),
        )
        self._parts = parts
        self._rows = column(spacing=0)
        inner = QWidget()
        inside = column(spacing=0, parent=inner)
        inside.addLayout(self._rows)
        inside.addStretch()
        inside.setContentsMargins(0, 0, 8, 0)
        self._shown: list[QWidget] = []
        self._nothing = StatePanel(parts.theme, "trash-2", "models.trash.nothing")
        self._nothing.say(self.tr("Nothing is deleted"))
        self._states = QStackedWidget()
        self._list = scrolling(inner, "models.trash.list")
        for state in (self._list, self._nothing):
            self._states.addWidget(state)
        self._empty = button(self.tr("Delete all for good…"), "models.trash.empty", self._ask_empty, "danger")
        close = button(self.tr("Close"), "models.trash.close", self.reject)
        self.lay_out(self._states, self._empty, close)
        parts.bridge.happened.connect(self._happened)
        self._refresh()

    def _happened(self, event: Event) -> None:
        if isinstance(event, LibraryChanged):
            self._refresh()

    def _refresh(self) -> None:
        self._parts.bridge.run(self._parts.models.trash.all, self._show, owner=self)

    def _show(self, trashed: tuple[TrashedModel, ...]) -> None:
        for old in self._shown:
            self._rows.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._shown = [self._row(each) for each in trashed]
        for made in self._shown:
            self._rows.addWidget(made)
        self._states.setCurrentWidget(self._list if trashed else self._nothing)
        self._empty.setVisible(bool(trashed))
        size = sum(each.size_bytes for each in trashed)
        if size:
            self._empty.setText(self.tr("Free {size} for good…").format(size=size_text(size)))
        else:
            self._empty.setText(self.tr("Forget all…"))

    def _row(self, trashed: TrashedModel) -> QWidget:
        made = QWidget()
        facts = (
            self.tr("{size} · deleted {day} · gone for good {gone}").format(
                size=size_text(trashed.size_bytes), day=day(trashed.deleted_at), gone=day(trashed.purged_at)
            )
            if trashed.size_bytes
            else self.tr("Its file is where it was · forgotten {day}").format(day=day(trashed.deleted_at))
        )
        words = column(ElidedLabel(trashed.title, "strong"), label(facts, "small", wrap=True), spacing=2)
        back = button(
            self.tr("Restore"),
            f"models.trash.{trashed.model_id}.restore",
            lambda: self._restore(trashed.model_id),
            accessible=self.tr("Restore {name}").format(name=trashed.title),
        )
        across = row(spacing=12)
        across.setContentsMargins(0, 10, 0, 10)
        across.addLayout(words, 1)
        across.addWidget(back, 0, Qt.AlignmentFlag.AlignVCenter)
        inside = column(spacing=0, parent=made)
        inside.addLayout(across)
        inside.addWidget(line())
        return made

    def _restore(self, model_id: int) -> None:
        self._parts.bridge.run(lambda: self._parts.models.undelete(model_id))

    def _ask_empty(self) -> None:
        box = QMessageBox(self)
        box.setObjectName("models.trash.empty.dialog")
        box.setWindowTitle(self.tr("Delete for good"))
        box.setText(self.tr("Delete these models for good?"))
        box.setInformativeText(
            self.tr("Satchel's own copies are gone then, and cannot be brought back. Other programs' files stay.")
        )
        yes = box.addButton(self.tr("Delete for good"), QMessageBox.ButtonRole.DestructiveRole)
        yes.setObjectName("models.trash.empty.yes")
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda clicked: self._do_empty() if clicked is yes else None)
        box.finished.connect(box.deleteLater)
        box.open()

    def _do_empty(self) -> None:
        def done(freed: int) -> None:
            if freed:
                words = self.tr("{size} are free again.").format(size=size_text(freed))
                self._parts.notify(Note(words, severity="good"))
            self.accept()

        self._parts.bridge.run(self._parts.models.trash.empty, done, owner=self)
