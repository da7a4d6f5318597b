"""The chosen model's details, at the right of the library: whether it fits first, the rest in sections that fold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.hardware.read import machine_key
from app.inference.protocol import KvType
from app.models.model import LibraryModel, Verdict
from app.models.plan import DeviceRoom, Plan, PlanChoice
from app.models.preset import Preset
from app.services.events import ModelState
from app.storage.measurements import Measurement
from app.ui.models.delete import delete_model
from app.ui.models.fit import AskVerdict, FitPanel
from app.ui.models.loading import load_model
from app.ui.models.sections.adapters import AdaptersSection
from app.ui.models.sections.alerts import Alerts
from app.ui.models.sections.best import BestSection
from app.ui.models.sections.file import FileSection
from app.ui.models.sections.lesson import LessonSection
from app.ui.models.sections.load_choice import LoadChoice
from app.ui.models.sections.notes import NotesSection
from app.ui.models.sections.preset import PresetSection
from app.ui.models.sections.preset_keeper import PresetKeeper
from app.ui.models.sections.section import Section
from app.ui.models.sections.speed import SpeedLine
from app.ui.models.sections.template import TemplateSection
from app.ui.models.words import short_line
from app.ui.parts import Parts
from app.ui.reveal import show_in_file_manager
from app.ui.theme import room_px
from app.ui.widgets.basic import IconButton, button, column, label, line, row
from app.ui.widgets.dialogs import ask_name
from app.ui.widgets.page import scrolling

WIDTH, WIDEST = 372, 500
"""The second with large text."""


@dataclass(frozen=True)
class _Kept:
    """What is kept of a model beside its library entry, and the GPUs that llama.cpp can use."""

    preset: Preset
    defaults: Preset
    measurements: tuple[Measurement, ...]
    gpus: tuple[DeviceRoom, ...]


class ModelDetails(QFrame):
    """``closed`` when the person closes it; ``duplicates_requested``: show what is there twice."""

    closed = Signal()
    duplicates_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._model: LibraryModel | None = None
        self._kept: _Kept | None = None
        self._state = ModelState()
        self.setProperty("kind", "pane")
        self.setObjectName("models.details")
        self.setAccessibleName(self.tr("Details of the model"))
        self._fit_width()
        parts.theme.changed.connect(self._fit_width)
        self._title = label(kind="heading", wrap=True, name="models.details.title")
        self._line = label(kind="small", wrap=True, name="models.details.line")
        self.alerts = Alerts(parts)
        self._fit = FitPanel(parts.theme, parts.bridge, "models.fit")
        self._keeper = PresetKeeper(parts, self)
        self._choice = LoadChoice(self._fit, self._keeper)
        self._speed = SpeedLine(parts.theme)
        self._best = BestSection(parts)
        self._preset = PresetSection(parts, self._keeper)
        self._file = FileSection(parts)
        self._template = TemplateSection(parts)
        self._sections: tuple[Section, ...] = (
            self._best,
            self._preset,
            AdaptersSection(parts),
            LessonSection(parts, self._fit),
            self._file,
            self._template,
            NotesSection(parts),
        )
        self.load_button = button(self.tr("Load"), "models.load", self._load, "primary")
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        theme = self._parts.theme
        rename = IconButton(theme, "pencil", self.tr("Rename"), "models.rename", self._rename)
        folder = IconButton(theme, "folder-open", self.tr("Show in the file manager"), "models.folder", self._show_file)
        self._remove = IconButton(theme, "trash-2", self.tr("Delete"), "models.remove", self._delete)
        close = IconButton(theme, "x", self.tr("Close the details"), "models.details.close", self.closed.emit)
        top = row(self._title, spacing=8)
        top.setStretch(0, 1)
        top.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        actions = row(self.load_button, rename, folder, self._remove, spacing=4)
        actions.setStretch(0, 1)
        actions.addStretch()  # where there is no button to load, the rest stays together
        content = QWidget()
        upper = column(self.alerts, self._fit, self._choice, self._speed, spacing=14)
        upper.setContentsMargins(22, 4, 18, 14)
        folds = column(line(), *self._sections, spacing=2)
        folds.setContentsMargins(14, 0, 10, 16)
        inside = column(spacing=0, parent=content)
        inside.addLayout(upper)
        inside.addLayout(folds)
        inside.addStretch()
        self._scroll = scrolling(content, "models.details.scroll")
        head, foot = QWidget(), QWidget()
        upper_head = column(spacing=2, parent=head)
        upper_head.addLayout(top)
        upper_head.addWidget(self._line)
        upper_head.setContentsMargins(22, 18, 12, 10)
        below = column(line(), parent=foot, spacing=12)
        below.addLayout(actions)
        below.setContentsMargins(22, 0, 18, 16)
        column(head, self._scroll, foot, spacing=0, parent=self).setStretch(1, 1)

    def _wire(self) -> None:
        self.alerts.template_requested.connect(self._show_template)
        self.alerts.duplicates_requested.connect(self.duplicates_requested)
        self._best.planned.connect(self._planned)
        self._best.chosen.connect(self._use_plan)
        self._best.keep_requested.connect(self._choice.keep)
        self._fit.chosen.connect(self._best.say_unused)
        self._keeper.kept.connect(self._look_again)

    @property
    def model_id(self) -> int | None:
        """Whose details these are."""
        return self._model.id if self._model is not None else None

    def show_model(self, model: LibraryModel) -> None:
        """Show this model."""
        before, self._model = self._model, model
        again = before is not None and (before.id, before.present, before.summary) == (
            model.id,
            model.present,
            model.summary,
        )
        self._title.setText(model.title)
        self._line.setText(short_line(model.summary))
        self.alerts.show_model(model)
        for section in self._sections:
            section.show_model(model)
        remove = self.tr("Remove from the library") if model.in_place else self.tr("Delete")
        self._remove.set_icon("trash-2", remove)
        runs = model.summary.kind != "embedding"
        self._fit.setVisible(runs and model.present)
        self._choice.setVisible(runs and model.present)
        self._preset.setVisible(runs)
        self.load_button.setVisible(runs)
        if not again:
            self._kept = None
            self._speed.clear()
            self._scroll.verticalScrollBar().setValue(0)
        self._look_again()
        self.show_state(self._state)

    def show_state(self, state: ModelState) -> None:
        """The loaded model's own button reads "Load again" (with another context, say)."""
        changed = state.phase != self._state.phase
        replied = state.last_figures is not None and state.last_figures != self._state.last_figures
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
        if changed and state.phase in ("ready", "none"):  # free memory is another now
            self._fit.refresh()
            self._best.plan_again()
        if replied:
            self._look_again()

    # -- what is kept of it -------------------------------------------------------------------------------------------

    def _look_again(self) -> None:
        model = self._model
        if model is None or model.summary.kind == "embedding":
            return

        version = self._keeper.version(model.id)

        def came(kept: _Kept) -> None:
            # An older one is dropped: when what was chosen is written, it is read again.
            if self._model is not None and self._model.id == model.id and self._keeper.is_current(model.id, version):
                self._show_kept(self._model, kept)

        self._parts.bridge.run(lambda: self._ask_kept(model), came, owner=self)

    def _ask_kept(self, model: LibraryModel) -> _Kept:
        models, planner = self._parts.models, self._parts.planner
        gpu = planner is not None and model.present and models.machine.backend().supports_gpu_offload
        here = tuple(each for each in models.verdicts.measurements(model.id) if each.machine == machine_key())
        gpus = planner.room().gpus if planner is not None and gpu else ()
        return _Kept(models.presets.of(model.id), models.presets.defaults(model.id), here, gpus)

    def _show_kept(self, model: LibraryModel, kept: _Kept) -> None:
        first, self._kept = self._kept is None, kept
        self._preset.show_preset(model, kept.preset, kept.defaults)
        self._speed.show_measured(kept.measurements)
        if not first:
            self._choice.show_preset(kept.preset)
            return
        self._choice.show_choice(model, kept.preset, kept.defaults, gpu=bool(kept.gpus))
        if model.present:
            base = self._parts.settings.current.model.load_settings()
            self._fit.watch(self._verdict_of(model), model.summary.n_ctx_train, self._choice.load_settings(base))
            self._fit.show_gpus(kept.gpus)

    def _verdict_of(self, model: LibraryModel) -> AskVerdict:
        models, choice = self._parts.models, self._choice

        def ask(n_ctx: int, kv_type: KvType) -> Verdict:
            return models.verdicts.of(model.id, n_ctx, kv_type, measure=True, n_gpu_layers=choice.n_gpu_layers)

        return ask

    def _use_plan(self, choice: PlanChoice) -> None:
        self._choice.use(choice)
        self._best.say_used()

    def _planned(self, plan: Plan) -> None:
        self._speed.show_plan(plan)
        if not plan.fits:
            self._best.set_open(True)

    def _show_template(self) -> None:
        self._template.set_open(True)
        self._scroll.ensureWidgetVisible(self._template)

    # -- what can be done ---------------------------------------------------------------------------------------------

    def _load(self) -> None:
        model, kept = self._model, self._kept
        if model is None:
            return
        settings = None
        if kept is not None:
            layers = self._choice.n_gpu_layers
            settings = msgspec.structs.replace(self._fit.settings(), n_gpu_layers=layers)
        load_model(self._parts, model.id, settings)

    def _rename(self) -> None:
        model = self._model
        if model is None:
            return
        words = self.tr("Its name in Satchel (the file keeps its own):")

        def named(name: str) -> None:
            self._parts.bridge.run(lambda: self._parts.models.rename(model.id, name))

        ask_name(self, "models.rename.dialog", self.tr("Rename the model"), words, model.plain_name, named)

    def _show_file(self) -> None:
        if self._model is not None:
            show_in_file_manager(Path(self._model.path))

    def _delete(self) -> None:
        if self._model is not None:
            delete_model(self._parts, self._model)

    def _fit_width(self) -> None:
        self.setFixedWidth(min(room_px(WIDTH), WIDEST))
