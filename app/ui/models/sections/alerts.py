"""What needs the person's eye about a model: its file is missing, its template changed, there is a newer one, …"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QPushButton, QWidget

from app.core.errors import SatchelError
from app.models.library_values import UpdateCheck
from app.models.model import LibraryModel
from app.ui.models.sections.newer import get_newer
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, restyle, row
from app.ui.widgets.flow import FlowLayout
from app.ui.widgets.words import counted, short_path


class Alert(QFrame):
    """A few words with what can be done about it."""

    def __init__(self, theme: Theme, state: str, name: str, *actions: QPushButton) -> None:
        super().__init__()
        self.setProperty("kind", "notice")
        self.setObjectName(name)
        restyle(self, state=state)
        self.words: QLabel = label(wrap=True, selectable=True, name=f"{name}.words")
        icon, role = ("circle-alert", "bad") if state == "error" else ("info", "accent")
        if state == "warning":
            icon, role = "triangle-alert", "warn"
        top = row(Icon(theme, icon, role, 16), self.words, spacing=10)
        top.setStretch(1, 1)
        inside = column(spacing=8, parent=self)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.addLayout(top)
        if actions:
            below = QWidget()
            FlowLayout(below, *actions, spacing=8)
            inside.addWidget(below)
        self.hide()


class Alerts(QWidget):
    """``template_requested``: show the template; ``duplicates_requested``: show what is there twice."""

    template_requested = Signal()
    duplicates_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._model: LibraryModel | None = None
        self._found_at = ""
        self._checks: dict[int, UpdateCheck] = {}
        theme = parts.theme
        self._take = button(self.tr("Use it there"), "models.missing.take", self._relink)
        self._look = button(self.tr("Look for it"), "models.missing.look", self._look_for_it)
        show = button(self.tr("Show where it is…"), "models.missing.show", self._choose)
        self._missing = Alert(theme, "error", "models.details.missing", self._take, self._look, show)
        read = button(self.tr("Read it"), "models.alert.template.show", self.template_requested.emit)
        self._template = Alert(theme, "warning", "models.alert.template", read)
        self._template.words.setText(self.tr("Its chat template has changed since you saw it."))
        self._get = button(self.tr("Download it"), "models.alert.update.get", self._get_newer)
        self._update = Alert(theme, "", "models.alert.update", self._get)
        twice = button(self.tr("Show duplicates"), "models.alert.duplicates.show", self.duplicates_requested.emit)
        self._twice = Alert(theme, "", "models.alert.duplicates", twice)
        column(self._missing, self._template, self._update, self._twice, spacing=8, parent=self)

    def show_model(self, model: LibraryModel) -> None:
        """What there is to say of this one."""
        self._model = model
        self._missing.setVisible(not model.present)
        if not model.present:
            self._say_missing(model, model.found_at)
        self._template.setVisible(model.template_changed)
        self._show_update(model)
        self._twice.setVisible(bool(model.duplicates))
        others = len(model.duplicates)
        self._twice.words.setText(counted(self.tr("%Ln other file(s) here have the same content.", "", others), others))
        self._fold()

    def note_update(self, check: UpdateCheck) -> None:
        """There is a newer file of a model."""
        self._checks[check.model_id] = check
        if self._model is not None:
            self._show_update(self._model)
            self._fold()

    def has_update(self, model_id: int) -> bool:
        """Whether a newer file is known of."""
        return model_id in self._checks

    # -- inside -------------------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        alerts = (self._missing, self._template, self._update, self._twice)
        self.setVisible(any(not each.isHidden() for each in alerts))

    def _show_update(self, model: LibraryModel) -> None:
        check = self._checks.get(model.id)
        self._update.setVisible(check is not None)
        self._get.setEnabled(True)
        if check is not None:
            self._update.words.setText(check.sentence)

    def _say_missing(self, model: LibraryModel, found_at: str) -> None:
        reason = model.missing_reason or self.tr("It was moved or deleted, or its drive is not mounted.")
        words = self.tr("The file is not there now. {reason}").format(reason=reason)
        if found_at:
            words += " " + self.tr("It may be this one: {path}.").format(path=short_path(found_at))
        self._missing.words.setText(words)
        self._found_at = found_at
        self._take.setVisible(bool(found_at))
        self._look.setVisible(not found_at)

    def _relink(self) -> None:
        if self._found_at:
            self._take_path(Path(self._found_at))

    def _take_path(self, path: Path) -> None:
        model, models = self._model, self._parts.models
        if model is not None:
            self._parts.bridge.run(lambda: models.relink(model.id, path))

    def _look_for_it(self) -> None:
        model, models = self._model, self._parts.models
        if model is None:
            return

        def came(path: str) -> None:
            if self._model is None or self._model.id != model.id:
                return
            self._say_missing(model, path)
            if not path:
                self._missing.words.setText(
                    self._missing.words.text() + " " + self.tr("It was not found nearby or in other programs' folders.")
                )

        self._parts.bridge.run(lambda: models.look_for_moved(model.id), came, owner=self)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Where is the model's file now?"))
        dialog.setObjectName("models.missing.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Models (*.gguf)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(lambda file: self._take_path(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _get_newer(self) -> None:
        model = self._model
        check = self._checks.get(model.id) if model is not None else None
        if model is None or check is None:
            return
        self._get.setEnabled(False)
        hub, downloads = self._parts.hub, self._parts.downloads

        def begun(_none: None) -> None:
            self._parts.notify(
                Note(
                    self.tr("The newer file of “{name}” is being downloaded.").format(name=model.title),
                    self.tr("The one you have stays until you delete it."),
                )
            )

        def failed(error: SatchelError) -> None:
            self._get.setEnabled(True)
            self._parts.bridge.failed.emit(error)

        self._parts.bridge.run(lambda: get_newer(check, model.title, hub, downloads), begun, failed, self)
