"""How one model is to talk: its system prompt and its sampling, each the default until it is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QPlainTextEdit

from app.models.model import LibraryModel
from app.models.preset import LIMITS, NO_PRESET, Preset
from app.ui.models.sections.choice_row import NumberRow
from app.ui.models.sections.preset_keeper import PresetKeeper
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import IconButton, label, row
from app.ui.widgets.words import counted

TALK = ("system_prompt", "temperature", "top_k", "top_p", "min_p", "repeat_penalty")
"""The fields of this section; context, KV cache and GPU layers are chosen beside the bar of memory."""
_STEPS: dict[str, float] = {"temperature": 0.1, "top_k": 5, "top_p": 0.05, "min_p": 0.01, "repeat_penalty": 0.05}


class PresetSection(Section):
    """Changes go to ``keeper``. Until a model's preset is read, nothing can be changed."""

    def __init__(self, parts: Parts, keeper: PresetKeeper) -> None:
        super().__init__(parts, self.tr("How it talks"), "models.preset")
        self._preset = self._defaults = NO_PRESET
        self._of: LibraryModel | None = None
        self._keeper = keeper
        self._prompt_origin = label(kind="small", wrap=True, name="models.preset.system_prompt.origin")
        self._prompt_reset = IconButton(
            parts.theme,
            "rotate-ccw",
            self.tr("Use the default instructions"),
            "models.preset.system_prompt.reset",
            self._default_prompt,
        )
        self._prompt = QPlainTextEdit()
        self._prompt.setObjectName("models.preset.system_prompt")
        self._prompt.setAccessibleName(self.tr("Instructions"))
        self._prompt.setTabChangesFocus(True)
        self._prompt.setFixedHeight(room_px(84))
        self._prompt.textChanged.connect(lambda: self._change("system_prompt")(self._prompt.toPlainText()))
        titles = {
            "temperature": self.tr("Temperature"),
            "top_k": self.tr("Likeliest words (top‑k)"),
            "top_p": self.tr("Likelihood share (top‑p)"),
            "min_p": self.tr("Least likelihood (min‑p)"),
            "repeat_penalty": self.tr("Against repetition"),
        }
        self._rows = {
            name: NumberRow(parts.theme, title, f"models.preset.{name}", LIMITS[name], _STEPS[name], self._change(name))
            for name, title in titles.items()
        }
        top = row(label(self.tr("Instructions")), spacing=4)
        top.addStretch()
        top.addWidget(self._prompt_reset)
        self.inside.addLayout(top)
        self.inside.addWidget(self._prompt)
        self.inside.addWidget(self._prompt_origin)
        for each in self._rows.values():
            self.inside.addWidget(each)

    def show_preset(self, model: LibraryModel, preset: Preset, defaults: Preset) -> None:
        """What was chosen for it, and what holds where nothing was."""
        self._set_usable(usable=True)
        self._of, self._preset, self._defaults = model, preset, defaults
        for name, each in self._rows.items():
            each.show_choice(getattr(preset, name), getattr(defaults, name), self._origin(name))
        self._show_prompt()
        self._count()

    def leave(self, model: LibraryModel) -> None:
        self._keeper.write()
        self._of = None
        self._set_usable(usable=False)

    def _set_usable(self, *, usable: bool) -> None:
        for widget in (self._prompt, self._prompt_reset, *self._rows.values()):
            widget.setEnabled(usable)

    def _origin(self, name: str) -> str:
        model = self._of
        of_model = model is not None and getattr(model.summary.recommended, name) is not None
        return self.tr("from the model") if of_model else self.tr("from your settings")

    def _show_prompt(self) -> None:
        chosen, default = self._preset.system_prompt, self._defaults.system_prompt or ""
        if self._prompt.toPlainText() != (chosen or ""):  # else who types on would do so at the beginning
            self._prompt.blockSignals(True)
            self._prompt.setPlainText(chosen or "")
            self._prompt.blockSignals(False)
        self._prompt.setPlaceholderText(
            self.tr("None") if chosen is not None else default or self.tr("Satchel's own instructions")
        )
        self._say_prompt()

    def _say_prompt(self) -> None:
        chosen = self._preset.system_prompt is not None
        self._prompt_reset.setVisible(chosen)
        self._prompt_origin.setText(
            self.tr("Yours, for this model only.") if chosen else self.tr("Default, from your settings")
        )

    def _default_prompt(self) -> None:
        self._change("system_prompt")(None)
        self._show_prompt()

    def _count(self) -> None:
        changed = sum(getattr(self._preset, name) is not None for name in TALK)
        self.set_summary(
            counted(self.tr("%Ln change(s)", "", changed), changed)
            if changed
            else self.tr("all as in your settings")
            if all(getattr(self._recommended, name) is None for name in TALK)
            else self.tr("as its author recommends")
        )

    @property
    def _recommended(self) -> Preset:
        return self._of.summary.recommended if self._of is not None else NO_PRESET

    def _change(self, name: str) -> Callable[[object], None]:
        def change(value: object) -> None:
            if self._of is None:
                return
            self._preset = replace(self._preset, **{name: value})  # type: ignore[arg-type]
            if name == "system_prompt":
                self._say_prompt()
            self._count()
            self._keeper.change(self._of.id, **{name: value})

        return change
