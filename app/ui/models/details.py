"""The chosen model's details, at the right of the library: facts, fit, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QInputDialog, QLineEdit, QMessageBox, QWidget

from app.models.model import LibraryModel
from app.services.events import ModelState
from app.ui.models.facts_grid import FactsGrid
from app.ui.models.fit import FitPanel
from app.ui.models.loading import load_model
from app.ui.models.words import facts, place_words
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import IconButton, button, column, label, line, row
from app.ui.widgets.page import scrolling
from app.ui.widgets.words import short_path

WIDTH, WIDEST = 360, 480
"""The second with large text."""


class ModelDetails(QFrame):
    """``closed`` when the person closes it."""

    closed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._model: LibraryModel | None = None
        self._state = ModelState()
        self.setProperty("kind", "pane")
        self.setObjectName("models.details")
        self.setAccessibleName(self.tr("Details of the model"))
        self._fit_width()
        parts.theme.changed.connect(self._fit_width)
        self._title = label(kind="heading", wrap=True, name="models.details.title")
        self._missing = label(kind="bad", wrap=True, name="models.details.missing")
        self._fit = FitPanel(parts.theme, parts.bridge, "models.fit")
        self._facts = FactsGrid("models.details.facts")
        self._where = label(kind="small", wrap=True, selectable=True, name="models.details.path")
        self.load_button = button(self.tr("Load"), "models.load", self._load, "primary")
        theme = parts.theme
        rename = IconButton(theme, "pencil", self.tr("Rename"), "models.rename", self._rename)
        folder = IconButton(theme, "folder-open", self.tr("Show its folder"), "models.folder", self._show_folder)
        self._remove = IconButton(theme, "trash-2", self.tr("Remove"), "models.remove", self._ask_remove)
        close = IconButton(theme, "x", self.tr("Close the details"), "models.details.close", self.closed.emit)
        top = row(self._title, spacing=8)
        top.setStretch(0, 1)
        top.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        actions = row(self.load_button, rename, folder, self._remove, spacing=4)
        actions.setStretch(0, 1)
        actions.setAlignment(Qt.AlignmentFlag.AlignRight)
        content = QWidget()
        inside = column(self._missing, self._fit, line(), self._facts, self._where, spacing=14, parent=content)
        inside.setContentsMargins(22, 4, 18, 20)
        inside.addStretch()
        head, foot = QWidget(), QFrame()
        column(parent=head).addLayout(top)
        head.layout().setContentsMargins(22, 18, 12, 8)  # type: ignore[union-attr]
        column(line(), parent=foot, spacing=12).addLayout(actions)
        foot.layout().setContentsMargins(22, 0, 18, 16)  # type: ignore[union-attr]
        column(head, scrolling(content), foot, spacing=0, parent=self).setStretch(1, 1)

    @property
    def model_id(self) -> int | None:
        """Whose details these are."""
        return self._model.id if self._model is not None else None

    def show_model(self, model: LibraryModel) -> None:
        """Show this model."""
        again = self._model is not None and self._model.id == model.id
        self._model = model
        self._title.setText(model.title)
        self._missing.setVisible(not model.present)
        self._missing.setText(
            self.tr("The file is not there now. It was moved or deleted, or its drive is not mounted.")
        )
        self._facts.show_facts([*facts(model.summary), (self.tr("Place"), place_words(model))])
        self._where.setText(short_path(model.path))
        runs = model.summary.kind != "embedding" and model.present
        self._fit.setVisible(runs)
        self.load_button.setVisible(model.summary.kind != "embedding")
        if runs and not again:
            models, model_id = self._parts.models, model.id
            defaults = self._parts.settings.current.model.load_settings()
            self._fit.watch(
                lambda n, kv: models.verdict(model_id, n, kv, measure=True), model.summary.n_ctx_train, defaults
            )
        self.show_state(self._state)

    def _fit_width(self) -> None:
        self.setFixedWidth(min(room_px(WIDTH), WIDEST))

    def show_state(self, state: ModelState) -> None:
        """The loaded model's own button reads "Load again" (with another context, say)."""
        self._state = state
        model = self._model
        if model is None:
            return
        current = state.model is not None and state.model.id == model.id
        loading = state.phase == "loading"
        text = self.tr("Load")
        if current and state.phase == "ready":
            text = self.tr("Load again")
        elif current and loading:
            text = self.tr("Loading…")
        self.load_button.setText(text)
        self.load_button.setAccessibleName(text)
        self.load_button.setEnabled(model.present and not loading)

    def _load(self) -> None:
        model = self._model
        if model is not None:
            load_model(self._parts, model.id, self._fit.settings())

    def _rename(self) -> None:
        model = self._model
        if model is None:
            return
        dialog = QInputDialog(self)
        dialog.setObjectName("models.rename.dialog")
        dialog.setWindowTitle(self.tr("Rename the model"))
        dialog.setLabelText(self.tr("Its name in Satchel (the file keeps its own):"))
        dialog.setTextValue(model.title)
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.resize(420, 120)
        dialog.textValueSelected.connect(
            lambda name: self._parts.bridge.run(lambda: self._parts.models.rename(model.id, name.strip()))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _show_folder(self) -> None:
        if self._model is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._model.path).parent)))

    def _ask_remove(self) -> None:
        model = self._model
        if model is None:
            return
        box = QMessageBox(self)
        box.setObjectName("models.remove.dialog")
        box.setWindowTitle(self.tr("Remove the model"))
        box.setText(self.tr("Remove “{name}” from the library?").format(name=model.title))
        box.setInformativeText(
            self.tr("Satchel only forgets it. The file stays where it is.")
            if model.in_place
            else self.tr("Satchel's own copy of the file is deleted.")
        )
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName("models.remove.yes")
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda clicked: self._do_remove(model) if clicked is remove else None)
        box.finished.connect(box.deleteLater)
        box.open()

    def _do_remove(self, model: LibraryModel) -> None:
        note = Note(self.tr("“{name}” is no longer in the library.").format(name=model.title), severity="good")
        self._parts.bridge.run(lambda: self._parts.models.remove(model.id), lambda _none: self._parts.notify(note))
