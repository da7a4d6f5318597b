"""How one model is loaded beyond the bar of memory: layers on the GPU, and whether the choice is kept for it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.inference.protocol import LoadSettings
from app.models.model import LibraryModel
from app.models.plan import ALL_LAYERS, PlanChoice
from app.models.preset import NO_PRESET, Preset
from app.ui.models.fit import FitPanel
from app.ui.models.sections.preset_keeper import PresetKeeper
from app.ui.widgets.basic import button, column, label, restyle, row
from app.ui.widgets.fields import Slider
from app.ui.widgets.words import number


class LoadChoice(QWidget):
    """Stands below ``fit``, whose context and cache are part of the choice; what is to stay goes to ``keeper``."""

    def __init__(self, fit: FitPanel, keeper: PresetKeeper) -> None:
        super().__init__()
        self._fit, self._keeper = fit, keeper
        self._model: LibraryModel | None = None
        self._preset = self._defaults = NO_PRESET
        self._all_layers = 1
        self.n_gpu_layers = ALL_LAYERS
        """As chosen now; read on background threads, too."""
        self._slider = Slider()
        self._slider.setObjectName("models.fit.gpu_layers")
        self._slider.setAccessibleName(self.tr("Layers on the GPU"))
        self._slider.valueChanged.connect(self._moved)
        self._layers = label(name="models.fit.gpu_layers.words")
        self._gpu = QWidget()
        top = row(label(self.tr("Layers on the GPU"), "strong"), spacing=8)
        top.addStretch()
        top.addWidget(self._layers)
        inside = column(spacing=6, parent=self._gpu)
        inside.addLayout(top)
        inside.addWidget(self._slider)
        self._words = label(kind="small", wrap=True, name="models.fit.kept")
        self._keep = button(self.tr("Always load it like this"), "models.fit.keep", self.keep, "link")
        self._forget = button(self.tr("Use the default"), "models.fit.forget", self._do_forget, "link")
        links = column(spacing=0)
        for link in (self._keep, self._forget):
            restyle(link, state="flush")
            links.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        whole = column(self._gpu, self._words, spacing=4, parent=self)
        whole.addLayout(links)
        self._gpu.hide()
        fit.chosen.connect(self._say)

    def show_choice(self, model: LibraryModel, preset: Preset, defaults: Preset, *, gpu: bool) -> None:
        """What was kept for a model, and what holds where nothing was; ``gpu``: whether llama.cpp can use one."""
        self._model, self._preset, self._defaults = model, preset, defaults
        self._all_layers = model.summary.n_layers + 1
        self._gpu.setVisible(gpu)
        self._slider.blockSignals(True)
        self._slider.setRange(0, self._all_layers)
        self._slider.blockSignals(False)
        self._set_layers(self.in_force.n_gpu_layers)
        self._say()

    def show_preset(self, preset: Preset) -> None:
        """Something else is kept now."""
        self._preset = preset
        self._say()

    @property
    def in_force(self) -> Preset:
        """What holds unless it is chosen otherwise here; nothing of loading is None."""
        return self._preset.over(self._defaults)

    def load_settings(self, base: LoadSettings) -> LoadSettings:
        """How the model is loaded when nothing is chosen here; ``base``: the general settings."""
        chosen = self.in_force
        return LoadSettings(
            chosen.n_ctx or base.n_ctx, chosen.kv_type or base.kv_type, self.n_gpu_layers, base.n_threads, base.n_batch
        )

    def use(self, choice: PlanChoice) -> None:
        """Choose what a plan says."""
        self._fit.choose(choice.n_ctx, choice.kv_type)
        if not self._gpu.isHidden():
            self._set_layers(choice.n_gpu_layers)
            self._fit.refresh()
        self._say()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _set_layers(self, layers: int | None) -> None:
        every = layers is None or layers < 0 or layers >= self._all_layers
        self._slider.blockSignals(True)
        self._slider.setValue(self._all_layers if every or layers is None else layers)
        self._slider.blockSignals(False)
        self.n_gpu_layers = ALL_LAYERS if every or layers is None else layers
        self._say_layers()

    def _moved(self, value: int) -> None:
        self.n_gpu_layers = ALL_LAYERS if value >= self._all_layers else value
        self._say_layers()
        self._fit.chosen.emit()
        self._fit.refresh_soon()

    def _say_layers(self) -> None:
        count = self._all_layers if self.n_gpu_layers == ALL_LAYERS else self.n_gpu_layers
        words = (
            self.tr("all {n}").format(n=count)
            if count == self._all_layers
            else self.tr("none")
            if not count
            else self.tr("{n} of {all}").format(n=count, all=self._all_layers)
        )
        self._layers.setText(words)
        self._slider.setAccessibleDescription(words)

    def _chosen(self) -> Preset:
        return replace(self._preset, n_ctx=self._fit.n_ctx, kv_type=self._fit.kv_type, n_gpu_layers=self.n_gpu_layers)

    def _say(self) -> None:
        if self._model is None:
            return
        force, chosen = self.in_force, self._chosen()
        usual = min(force.n_ctx or 0, self._model.summary.n_ctx_train or force.n_ctx or 0)
        same = (usual, force.kv_type, force.n_gpu_layers) == (chosen.n_ctx, chosen.kv_type, chosen.n_gpu_layers)
        own = any(each is not None for each in (self._preset.n_ctx, self._preset.kv_type, self._preset.n_gpu_layers))
        self._keep.setVisible(not same)
        self._forget.setVisible(own)
        default = self.tr("{n} tokens, {kv}, from your settings").format(
            n=number(self._defaults.n_ctx or 0), kv=self._cache(self._defaults)
        )
        if own and same:
            self._words.setText(self.tr("Kept for this model. The default: {default}.").format(default=default))
        elif same:
            self._words.setText(self.tr("These are the defaults, from your settings."))
        else:
            self._words.setText(self.tr("For the next load only. The default: {default}.").format(default=default))

    def _cache(self, preset: Preset) -> str:
        words = {"q8_0": self.tr("8 bit cache"), "q4_0": self.tr("4 bit cache")}
        return words.get(preset.kv_type or "", self.tr("16 bit cache"))

    def keep(self) -> None:
        """Load this model as it is chosen here, from now on."""
        chosen = self._chosen()
        self._change(n_ctx=chosen.n_ctx, kv_type=chosen.kv_type, n_gpu_layers=chosen.n_gpu_layers)

    def _do_forget(self) -> None:
        self._change(n_ctx=None, kv_type=None, n_gpu_layers=None)
        force = self.in_force
        self._fit.choose(force.n_ctx or self._fit.n_ctx, force.kv_type or self._fit.kv_type)
        self._set_layers(force.n_gpu_layers)
        self._fit.chosen.emit()
        self._fit.refresh()

    def _change(self, **changes: object) -> None:
        model = self._model
        if model is None:
            return
        self.show_preset(replace(self._preset, **changes))  # type: ignore[arg-type]
        self._keeper.change(model.id, **changes)
        self._keeper.write()
