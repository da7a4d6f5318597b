"""LoRA adapters of a model: small files that change what it says. Attached by a button or a drop, each with a scale."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.core.errors import SatchelError
from app.core.sizes import size_text
from app.models.adapter import AdapterChoice
from app.models.model import LibraryModel
from app.ui.drop_zone import take_copy
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.widgets.basic import IconButton, button, column, label, restyle, row
from app.ui.widgets.dialogs import choose_file
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.fields import Slider
from app.ui.widgets.words import counted

_STEPS = 20
"""The slider's steps for 1.0; it goes to 2.0."""
SAVE_AFTER_MS = 300


class AdaptersSection(Section):
    """Those in use with their scales, and the others of the library that could be."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, self.tr("Adapters"), "models.adapters")
        self.setAcceptDrops(True)
        self._words = label(
            self.tr("A LoRA adapter is a small file that changes what its model says. Drop one here, or choose it."),
            "small",
            wrap=True,
        )
        self._rows = column(spacing=8)
        self._shown: list[QWidget] = []
        self._now: tuple[int, ...] = ()
        self._problem = label(kind="bad", wrap=True, name="models.adapters.problem")
        self._problem.hide()
        self._attach = button(self.tr("Attach an adapter…"), "models.adapters.attach", self._choose)
        self.inside.addWidget(self._words)
        self.inside.addLayout(self._rows)
        self.inside.addWidget(self._problem)
        self.inside.addWidget(self._attach)

    def summarize(self, model: LibraryModel) -> None:
        self.setVisible(model.present and model.summary.kind != "embedding")
        used = len(model.adapters)
        self.set_summary(counted(self.tr("%Ln in use", "", used), used) if used else "")

    def fill(self, model: LibraryModel) -> None:
        if self._now == _what(model):
            return  # only a scale was changed, by the slider that shows it

        def came(choices: tuple[AdapterChoice, ...]) -> None:
            if self.is_of(model):
                self._show(model, choices)

        self.parts.bridge.run(lambda: self.parts.models.adapters.choices(model.id), came, owner=self)

    def leave(self, model: LibraryModel) -> None:
        self._problem.hide()

    def attach(self, path: Path) -> None:
        """Use this adapter with the model; why it cannot be is said here."""
        model = self.model
        if model is None:
            return
        self._problem.hide()

        def failed(error: SatchelError) -> None:
            self._problem.setText(" ".join(part for part in (error.what, error.why, error.next_step) if part))
            self._problem.show()

        models = self.parts.models
        self.parts.bridge.run(lambda: models.adapters.attach(model.id, path), None, failed, self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _adapter_files(event) and self.model is not None:
            self.set_open(True)
            restyle(self._attach, kind="primary")
            take_copy(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        take_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        restyle(self._attach, kind="")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        restyle(self._attach, kind="")
        files = _adapter_files(event)
        take_copy(event)
        for path in files:
            self.attach(path)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        filters = (self.tr("LoRA adapters (*.gguf)"), self.tr("All files (*)"))
        choose_file(self, "models.adapters.dialog", self.tr("Attach an adapter"), self.attach, filters)

    def _show(self, model: LibraryModel, choices: tuple[AdapterChoice, ...]) -> None:
        for old in self._shown:
            self._rows.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._now = _what(model)
        used = [each for each in choices if each.scale is not None]
        others = [each for each in choices if each.scale is None]
        self._shown = [UsedAdapter(self.parts, model.id, each) for each in used]
        self._shown += [self._other(each) for each in others]
        for made in self._shown:
            self._rows.addWidget(made)

    def _other(self, choice: AdapterChoice) -> QWidget:
        """One of the library that is not in use: to use it, or why it cannot be."""
        made, adapter = QWidget(), choice.adapter
        name = ElidedLabel(adapter.summary.name, "muted", f"models.adapters.{adapter.id}.name")
        top = row(name, spacing=8)
        top.setStretch(0, 1)
        inside = column(spacing=0, parent=made)
        inside.addLayout(top)
        if choice.mismatch:
            inside.addWidget(label(choice.mismatch, "small", wrap=True))
        else:
            use = button(
                self.tr("Use"),
                f"models.adapters.{adapter.id}.use",
                lambda: self.attach(Path(adapter.path)),
                accessible=self.tr("Use {name}").format(name=adapter.summary.name),
            )
            top.addWidget(use)
        return made


class UsedAdapter(QWidget):
    """One in use: its scale, and the way to take it off. ``scaled`` when it was changed."""

    scaled = Signal(float)

    def __init__(self, parts: Parts, model_id: int, choice: AdapterChoice) -> None:
        super().__init__()
        adapter, name = choice.adapter, f"models.adapters.{choice.adapter.id}"
        self._parts, self._model_id, self._adapter_id = parts, model_id, adapter.id
        title = ElidedLabel(adapter.summary.name, "", f"{name}.name")
        remove = IconButton(
            parts.theme,
            "x",
            self.tr("Use {name} no more").format(name=adapter.summary.name),
            f"{name}.detach",
            self._detach,
            size=16,
        )
        self._slider = Slider()
        self._slider.setObjectName(f"{name}.scale")
        self._slider.setAccessibleName(self.tr("Scale of {name}").format(name=adapter.summary.name))
        self._slider.setRange(0, 2 * _STEPS)
        self._slider.setPageStep(_STEPS // 2)
        self._slider.setValue(round((choice.scale if choice.scale is not None else 1.0) * _STEPS))
        self._value = label(kind="small", name=f"{name}.scale.words")
        facts = self.tr("rank {rank} · {size}").format(
            rank=adapter.summary.rank, size=size_text(adapter.summary.size_bytes)
        )
        if not adapter.present:
            facts = self.tr("Its file is not there: {path}").format(path=adapter.path)
        top = row(title, remove, spacing=4)
        top.setStretch(0, 1)
        below = row(self._slider, self._value, spacing=10)
        below.setStretch(0, 1)
        inside = column(spacing=2, parent=self)
        inside.addLayout(top)
        inside.addWidget(label(facts, "small" if adapter.present else "bad", wrap=True))
        inside.addLayout(below)
        self._later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._later.timeout.connect(self._save)
        self._slider.valueChanged.connect(self._moved)
        self._say()

    def _moved(self, _value: int) -> None:
        self._say()
        self._later.start()

    def _say(self) -> None:
        scale = self._slider.value() / _STEPS
        words = self.tr("off") if not scale else f"{scale:.2f}"
        self._value.setText(words)
        self._slider.setAccessibleDescription(words)

    def _save(self) -> None:
        models, scale = self._parts.models, self._slider.value() / _STEPS
        self._parts.bridge.run(lambda: models.adapters.set_scale(self._model_id, self._adapter_id, scale))

    def _detach(self) -> None:
        models = self._parts.models
        self._parts.bridge.run(lambda: models.adapters.detach(self._model_id, self._adapter_id))


def _what(model: LibraryModel) -> tuple[int, ...]:
    return (model.id, *(each.adapter.id for each in model.adapters))


def _adapter_files(event: QDropEvent) -> list[Path]:
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.casefold() == ".gguf"]
