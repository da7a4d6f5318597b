"""A file on its way into the library: of a model what its header says, whether it fits, where it shall lie; of an
adapter which model it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QProgressBar, QRadioButton, QStackedWidget, QWidget

from app.core.errors import Cancelled, SatchelError
from app.core.jobs import CancelToken, Progress
from app.inference.protocol import LoadSettings
from app.models.adapter import Adapter
from app.models.library_values import AdapterOffer
from app.models.model import LibraryModel, ModelSummary, Verdict
from app.models.titles import readable
from app.ui.models.dialogs.base_choice import BaseChoice
from app.ui.models.facts_grid import FactsGrid
from app.ui.models.fit import FitPanel
from app.ui.models.loading import load_model
from app.ui.models.words import facts
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import Icon, button, column, label, line, row
from app.ui.widgets.dialogs import Dialog
from app.ui.widgets.page import scrolling
from app.ui.widgets.words import short_path

WIDTH = 560
SMALL = 210


class AddModelDialog(Dialog):
    """``added`` with the id of the new model, or of the one that an adapter was attached to. Closing adds nothing."""

    added = Signal(int)

    def __init__(self, parts: Parts, path: Path, parent: QWidget) -> None:
        super().__init__(parent, "add_model", "")
        self.setWindowTitle(self.tr("Add a model"))
        self._parts, self._path = parts, path
        self._summary: ModelSummary | None = None
        self._adding = CancelToken()
        self._title = label(path.name, "title", wrap=True, name="add_model.title")
        self._where = label(short_path(str(path.parent)), "small", wrap=True, name="add_model.where")
        self._states = QStackedWidget()
        self._reading = self._reading_state()
        self._problem = label(wrap=True, selectable=True, name="add_model.problem")
        problem = QWidget()
        top = row(spacing=12, parent=problem)
        top.addWidget(Icon(parts.theme, "circle-alert", "bad", 22), 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._problem, 1, Qt.AlignmentFlag.AlignTop)
        self._failed = scrolling(problem)
        self._facts = FactsGrid("add_model.facts")
        self._fit = FitPanel(parts.theme, parts.bridge, "add_model.fit")
        self._in_place = QRadioButton(self.tr("Use it where it lies"))
        self._copy = QRadioButton(self.tr("Copy it into Satchel's folder"))
        self._already = label(kind="muted", wrap=True, name="add_model.already")
        self._already.hide()
        self._known = self._known_state()
        self._adapter = BaseChoice()
        for state in (self._reading, self._failed, self._known, self._adapter):
            self._states.addWidget(state)
        self._cancel = button(self.tr("Cancel"), "add_model.cancel", self.reject, "quiet")
        self._add = button(self.tr("Add"), "add_model.add", lambda: self._do_add(load=False))
        self._load = button(self.tr("Add and load now"), "add_model.load", lambda: self._do_add(load=True), "primary")
        self._keep = button(self.tr("Keep it for later"), "add_model.adapter.keep", self._do_keep)
        self._attach = button(self.tr("Attach"), "add_model.adapter.attach", self._do_attach, "primary")
        buttons = row(self._cancel, spacing=8)
        buttons.addStretch()
        for each in (self._add, self._load, self._keep, self._attach):
            buttons.addWidget(each)
        layout = column(self._title, self._where, spacing=4, parent=self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.addSpacing(10)
        layout.addWidget(self._states, 1)
        layout.addSpacing(10)
        layout.addLayout(buttons)
        self._show_state(self._reading)
        parts.bridge.run(self._look, self._came, self._show_problem, self)

    def _look(self) -> AdapterOffer | tuple[ModelSummary, Verdict]:
        models = self._parts.models
        return models.adapters.offer(self._path) or models.verdicts.inspect(self._path)

    def _came(self, found: AdapterOffer | tuple[ModelSummary, Verdict]) -> None:
        if isinstance(found, AdapterOffer):
            self._show_adapter(found)
        else:
            self._show_model(*found)

    def _reading_state(self) -> QWidget:
        made = QWidget()
        bar = QProgressBar(textVisible=False, maximum=0)
        column(label(self.tr("Reading the file's header…"), "muted"), bar, spacing=10, parent=made).addStretch()
        return made

    def _known_state(self) -> QWidget:
        made = QWidget()
        self._in_place.setObjectName("add_model.in_place")
        self._in_place.setChecked(True)
        self._copy.setObjectName("add_model.copy")
        group = QButtonGroup(self)
        group.addButton(self._in_place)
        group.addButton(self._copy)
        self._below_fit = line()
        inner = QWidget()
        layout = column(
            self._facts,
            line(),
            self._fit,
            self._below_fit,
            self._already,
            self._in_place,
            self._copy,
            spacing=12,
            parent=inner,
        )
        layout.setContentsMargins(0, 0, 8, 0)
        layout.addStretch()
        column(scrolling(inner), parent=made)
        return made

    def _show_state(self, state: QWidget) -> None:
        self._states.setCurrentWidget(state)
        known = state is self._known
        self._add.setVisible(known)
        self._load.setVisible(known and (self._summary is None or self._summary.kind != "embedding"))
        self._keep.setVisible(state is self._adapter)
        (self._attach if state is self._adapter else self._load).setDefault(True)
        self._attach.setVisible(state is self._adapter and self._adapter.chosen is not None)
        self._cancel.setText(self.tr("Close") if state is self._failed else self.tr("Cancel"))
        runs = self._summary is None or self._summary.kind != "embedding"
        wanted = SMALL if not known else 660 if runs else SMALL + self._facts.sizeHint().height() + room_px(40)
        if state is self._adapter:
            wanted = room_px(330 + 30 * min(6, self._adapter.count))
        if state is self._failed:
            wanted = max(SMALL, 150 + self._problem.heightForWidth(WIDTH - 48 - 34))
        self.take_room(WIDTH, wanted)

    def _show_adapter(self, offer: AdapterOffer) -> None:
        self.setWindowTitle(self.tr("Add an adapter"))
        self._title.setText(offer.summary.name)
        self._where.setText(short_path(str(self._path)))
        self._adapter.show_offer(offer)
        self._show_state(self._adapter)
        (self._attach if offer.bases else self._keep).setFocus()

    def _show_model(self, summary: ModelSummary, verdict: Verdict) -> None:
        self._summary = summary
        self._title.setText(readable(summary.name) or self._path.name)
        self._where.setText(short_path(str(self._path)))
        self._facts.show_facts(facts(summary))
        models, path = self._parts.models, self._path
        for part in (self._fit, self._below_fit):
            part.setVisible(summary.kind != "embedding")
        if summary.kind != "embedding":
            defaults = self._parts.settings.current.model.load_settings()
            self._fit.watch(
                lambda n_ctx, kv: models.verdicts.of(path, n_ctx, kv, measure=True),
                summary.n_ctx_train,
                defaults,
                known=verdict,
            )
        self._show_state(self._known)
        self._load.setFocus()
        parts = self._parts
        parts.bridge.run(parts.models.models, self._look_for_it, lambda _error: None, self)

    def _look_for_it(self, models: Sequence[LibraryModel]) -> None:
        """Adding what is there already does no harm, but it is said."""
        there = next((model for model in models if Path(model.path) == self._path.absolute()), None)
        if there is not None:
            self._already.setText(
                self.tr("This file is in your library already, as “{name}”.").format(name=there.title)
            )
            self._already.show()

    def _show_problem(self, error: SatchelError) -> None:
        self._problem.setText("\n\n".join(part for part in (error.what, error.why, error.next_step) if part))
        self._show_state(self._failed)

    def _do_add(self, *, load: bool) -> None:
        models, path, copy = self._parts.models, self._path, self._copy.isChecked()
        settings: LoadSettings = self._fit.settings()
        for control in (self._add, self._load, self._in_place, self._copy):
            control.setEnabled(False)
        if copy:
            self._load.setText(self.tr("Copying…"))

        def done(model: LibraryModel) -> None:
            self.added.emit(model.id)
            self.accept()
            if load:
                load_model(self._parts, model.id, settings)

        def add(report: Callable[[Progress], None], cancel: CancelToken) -> LibraryModel:
            return models.add(path, copy=copy, on_progress=report, cancel=cancel)

        self._adding = self._parts.bridge.job(add, self._show_copied, done, self._not_added, self)

    def _do_attach(self) -> None:
        models, path, base = self._parts.models, self._path, self._adapter.chosen
        if base is None:
            return

        def done(adapter: Adapter) -> None:
            self.added.emit(base.id)
            self.accept()
            words = self.tr("“{adapter}” is used with “{model}” from now on.")
            what = words.format(adapter=adapter.summary.name, model=base.title)
            self._parts.notify(Note(what, severity="good"))

        self._attach.setEnabled(False)
        self._parts.bridge.run(lambda: models.adapters.attach(base.id, path), done, self._show_problem, self)

    def _do_keep(self) -> None:
        models, path = self._parts.models, self._path
        self._keep.setEnabled(False)
        self._parts.bridge.run(lambda: models.adapters.add(path), lambda _kept: self.accept(), self._show_problem, self)

    def _not_added(self, error: SatchelError) -> None:
        if not isinstance(error, Cancelled):
            self._show_problem(error)

    def _show_copied(self, progress: Progress) -> None:
        self._load.setText(self.tr("Copying… {n} %").format(n=round(100 * (progress.fraction or 0.0))))

    def done(self, code: int) -> None:
        """Closing it stops a copy that is on its way."""
        self._adding.cancel()
        super().done(code)
