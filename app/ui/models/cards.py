"""The two cards over the library: this machine, and the model that is loaded."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from app.core.errors import SatchelError
from app.hardware.machine import Machine
from app.inference.protocol import Loaded
from app.models.sizing import HOST, Layout
from app.services.events import ModelState
from app.ui.models.facts_grid import FactsGrid
from app.ui.models.memory_bar import MemoryBar, Part, memory_parts
from app.ui.parts import Parts
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row
from app.ui.widgets.centred_words import CentredWords
from app.ui.widgets.page import card_with_title
from app.ui.widgets.words import counted, number

_EVERY_MS = 5_000
"""Other programs take memory and give it back; the words and the bar go on with them."""


class MachineCard(QWidget):
    """Processor, memory and GPUs in sentences, and whether llama.cpp can use them; while it is seen, always as now."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        card, self._layout = card_with_title(parts.theme, "cpu", self.tr("This machine"), "models.machine")
        column(card, parent=self)
        self._words = [label(self.tr("Looking…"), "muted", wrap=True)]
        self._layout.addWidget(self._words[0])
        self._bar = MemoryBar(parts.theme, "models.machine.memory")
        self._layout.addSpacing(4)
        self._layout.addStretch()
        self._layout.addWidget(self._bar)
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def refresh(self) -> None:
        """Read the machine again."""
        here = self._parts.models.machine

        def look() -> tuple[list[str], Machine]:
            machine = here.read()
            return here.words(machine), machine

        self._parts.bridge.run(look, self._came, self._failed)

    def _came(self, found: tuple[list[str], Machine]) -> None:
        words, machine = found
        self._say(words)
        total, free = machine.memory_total_bytes, machine.memory_available_bytes
        self._bar.show_parts((Part(self.tr("Memory in use"), total - free),), total, self.tr("Free"))

    def _failed(self, error: SatchelError) -> None:
        self._say([str(error)])

    def _say(self, sentences: list[str]) -> None:
        if len(sentences) == len(self._words):
            for words, sentence in zip(self._words, sentences, strict=True):
                if words.text() != sentence:  # what a person has selected in the others stays so
                    words.setText(sentence)
            return
        for old in self._words:
            self._layout.removeWidget(old)
            old.deleteLater()
        self._words = []
        for position, sentence in enumerate(sentences):
            made = label(sentence, "" if position == 0 else "muted", wrap=True, selectable=True)
            self._words.append(made)
            self._layout.insertWidget(1 + position, made)


class LoadedCard(QWidget):
    """The chat model now: none, on its way, failed, or what it takes and how fast it was."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._unload = button(self.tr("Unload"), "models.unload", self._do_unload, "link")
        self._unload.setToolTip(self.tr("Unload the model and free its memory"))
        self._unload.setAccessibleName(self.tr("Unload the model and free its memory"))
        self._stop = button(self.tr("Stop"), "models.loading.stop", parts.models.loaded.stop, "link")
        self._stop.setToolTip(self.tr("Stop loading the model"))
        self._stop.setAccessibleName(self.tr("Stop loading the model"))
        title = self.tr("Loaded model")
        card, layout = card_with_title(parts.theme, "zap", title, "models.loaded", self._stop, self._unload)
        column(card, parent=self)
        self._title = label(kind="heading", wrap=True, name="models.loaded.title")
        self._words = label(kind="muted", wrap=True, name="models.loaded.words")
        self._progress = QProgressBar(textVisible=False, maximum=1000)
        self._progress.setObjectName("models.loaded.progress")
        self._facts = FactsGrid("models.loaded.facts")
        self._bar = MemoryBar(parts.theme, "models.loaded.memory")
        for widget in (self._title, self._words, self._progress, self._facts):
            layout.addWidget(widget)
        layout.addStretch()
        layout.addWidget(self._bar)
        self.show_state(ModelState())

    def show_state(self, state: ModelState) -> None:
        """Show the model's state."""
        loaded = state.loaded
        name = state.model.title if state.model is not None else loaded.name if loaded is not None else ""
        ready = state.phase == "ready" and loaded is not None
        self._unload.setVisible(ready)
        self._stop.setVisible(state.phase == "loading")
        self._progress.setVisible(state.phase == "loading")
        self._facts.setVisible(ready)
        self._bar.setVisible(ready)
        self._words.setVisible(not ready)
        match state.phase:
            case "none":
                self._title.setText(self.tr("No model is loaded"))
                self._words.setText(self.tr("It is loaded when you ask something, or by “Load” in the library below."))
            case "loading":
                self._title.setText(name)
                self._words.setText(loading_words(self, state.step))
                self._progress.setValue(round(state.fraction * 1000))
            case "failed":
                self._title.setText(
                    self.tr("{name} could not be loaded").format(name=name) if name else self.tr("No model")
                )
                self._words.setText(state.problem)
            case "ready":
                self._title.setText(name)
        if ready and loaded is not None:
            self._facts.show_facts(self._loaded_facts(state))
            self._show_memory(loaded, state.layout or Layout((), 0))

    def _show_memory(self, loaded: Loaded, layout: Layout) -> None:
        """The same parts as in the details: what is there for the model is what is free, and what it has already."""
        host = layout.on(HOST)
        parts = memory_parts(host.weights_bytes, host.kv_bytes, host.compute_bytes + layout.other_bytes)
        self._bar.show_parts(parts, sum(part.size_bytes for part in parts), "")

        def came(machine: Machine) -> None:
            room = machine.memory_available_bytes + loaded.memory.resident_bytes
            self._bar.show_parts(parts, room, self.tr("Left free"))

        self._parts.bridge.run(self._parts.models.machine.read, came, owner=self)

    def _loaded_facts(self, state: ModelState) -> list[tuple[str, str]]:
        loaded, figures = state.loaded, state.last_figures
        assert loaded is not None
        facts = [
            (self.tr("Context"), self.tr("{n} tokens").format(n=number(loaded.n_ctx))),
            (self.tr("Runs on"), self._runs_on(loaded, state)),
        ]
        if figures is not None:
            facts += [
                (self.tr("Last reply"), self.tr("{n} tokens per second").format(n=f"{figures.tokens_per_second:.1f}")),
                (self.tr("First token"), self.tr("after {n} s").format(n=f"{figures.first_token_s:.2f}")),
            ]
        return facts

    def _runs_on(self, loaded: Loaded, state: ModelState) -> str:
        processor = counted(self.tr("Processor, %Ln thread(s)", "", loaded.n_threads), loaded.n_threads)
        gpus = {buffer.device for buffer in loaded.memory.buffers} - {HOST}
        # Where llama.cpp's books cannot be read it is not known which device has what.
        if not loaded.n_gpu_layers or (loaded.memory.buffers and not gpus):
            return processor
        on_gpu = counted(self.tr("%Ln GPU(s)", "", len(gpus)), len(gpus)) if len(gpus) > 1 else self.tr("GPU")
        layers = state.model.summary.n_layers + 1 if state.model is not None else loaded.n_gpu_layers
        if not 0 < loaded.n_gpu_layers < layers:
            return self.tr("{gpu}, all layers").format(gpu=on_gpu)
        return self.tr("{gpu}, {n} of {all} layers; {processor}").format(
            gpu=on_gpu, n=loaded.n_gpu_layers, all=layers, processor=processor
        )

    def _do_unload(self) -> None:
        self._parts.bridge.run(self._parts.models.loaded.unload)


def loading_words(words: QWidget, step: str) -> str:
    """What is being done while a model loads."""
    known = {
        "size": words.tr("Looking whether it fits…"),
        "weights": words.tr("Reading the weights…"),
        "threads": words.tr("Measuring how many threads are fastest here…"),
        "warm-up": words.tr("Warming up…"),
    }
    return known.get(step, words.tr("Loading…"))


class EmptyLibrary(QWidget):
    """No models yet: what to do about it."""

    def __init__(self, theme: Theme, *actions: QWidget) -> None:
        super().__init__()
        self.setObjectName("models.empty")
        icon = Icon(theme, "box", "line_strong", 52)
        title = label(self.tr("No models yet"), "heading")
        words = CentredWords(
            self.tr(
                "Drop a .gguf file anywhere on this window, use what other programs have here, or download one under "
                "Find. Satchel says whether it fits."
            ),
            "muted",
            340,
        )
        buttons = row(spacing=8)
        buttons.addStretch()
        for action in actions:
            buttons.addWidget(action)
        buttons.addStretch()
        layout = column(spacing=10, parent=self)
        layout.addStretch()
        for widget in (icon, title, words):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(4)
        layout.addLayout(buttons)
        layout.addStretch()
