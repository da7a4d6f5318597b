"""What needs the person's eye about a model: its file is missing or another model, there is a newer one, …"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.core.errors import SatchelError
from app.models.model import LibraryModel
from app.ui.models.sections.alert import Alert
from app.ui.models.sections.former import FormerAlert
from app.ui.models.sections.missing import MissingAlert
from app.ui.models.sections.newer import get_newer
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column
from app.ui.widgets.words import counted, day


class Alerts(QWidget):
    """``template_requested``: show the template; ``duplicates_requested``: show what is there twice."""

    template_requested = Signal()
    duplicates_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._model: LibraryModel | None = None
        theme = parts.theme
        self._missing = MissingAlert(parts)
        self._former = FormerAlert(parts)
        read = button(self.tr("Read it"), "models.alert.template.show", self.template_requested.emit)
        self._template = Alert(theme, "warning", "models.alert.template", read)
        self._template.words.setText(self.tr("Its chat template has changed since you saw it."))
        self._get = button(self.tr("Download it"), "models.alert.update.get", self._get_newer)
        self._update = Alert(theme, "", "models.alert.update", self._get)
        twice = button(self.tr("Show duplicates"), "models.alert.duplicates.show", self.duplicates_requested.emit)
        self._twice = Alert(theme, "", "models.alert.duplicates", twice)
        column(self._missing, self._former, self._template, self._update, self._twice, spacing=8, parent=self)

    def show_model(self, model: LibraryModel) -> None:
        """What there is to say of this one."""
        self._model = model
        self._missing.show_model(model)
        self._former.show_model(model)
        self._template.setVisible(model.template_changed)
        self._show_update(model)
        self._twice.setVisible(bool(model.duplicates))
        others = len(model.duplicates)
        self._twice.words.setText(counted(self.tr("%Ln other file(s) here have the same content.", "", others), others))
        self._fold()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        alerts = (self._missing, self._former, self._template, self._update, self._twice)
        self.setVisible(any(not each.isHidden() for each in alerts))

    def _show_update(self, model: LibraryModel) -> None:
        newer = model.newer
        self._update.setVisible(newer is not None)
        self._get.setEnabled(True)
        if newer is not None:
            since = self.tr("Known since {day}.").format(day=day(newer.found_at))
            self._update.words.setText(f"{newer.sentence} {since}")

    def _get_newer(self) -> None:
        model = self._model
        newer = model.newer if model is not None else None
        if model is None or newer is None:
            return
        self._get.setEnabled(False)
        hub, downloads = self._parts.hub, self._parts.downloads

        def begun(_none: None) -> None:
            self._parts.notify(
                Note(
                    self.tr("The newer file of “{name}” is being downloaded.").format(name=model.title),
                    self.tr("The one you have stays where it is.")
                    if model.in_place
                    else self.tr("The one you have stays until all of it is here and verified."),
                )
            )

        def failed(error: SatchelError) -> None:
            self._get.setEnabled(True)
            self._parts.bridge.failed.emit(error)

        self._parts.bridge.run(lambda: get_newer(newer, model.plain_name, hub, downloads), begun, failed, self)
