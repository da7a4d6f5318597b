"""Does it fit? A slider for the context, the type of the KV cache, and a bar of memory that follows both.

While the slider moves, the cache's part is scaled from the last verdict (it grows in proportion to the context); when
it rests, the library is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.core.errors import SatchelError
from app.core.sizes import size_text
from app.inference.protocol import KvType, LoadSettings
from app.models.model import Fit, Verdict
from app.models.plan import DeviceRoom
from app.models.sizing import HOST
from app.ui.bridge import Bridge
from app.ui.models.gpu_bars import GpuBars
from app.ui.models.memory_bar import MemoryBar, Part, memory_parts
from app.ui.theme import Theme
from app.ui.widgets.basic import column, label, restyle, row
from app.ui.widgets.fields import ListField, Slider
from app.ui.widgets.rows import Badge, Tone
from app.ui.widgets.words import number

REST_MS = 250
SMALLEST_CONTEXT = 512
KV_BITS: dict[KvType, float] = {"f16": 16, "q8_0": 8.5, "q4_0": 4.5}
"""For each number in the cache, with the scales of its blocks."""
_TONES: dict[Fit, Tone] = {"fits": "good", "tight": "warn", "does_not_fit": "bad"}

AskVerdict = Callable[[int, KvType], Verdict]


class FitPanel(QWidget):
    """``changed`` when a verdict came, ``failed`` with the error when none did; ``chosen`` when a choice moves.

    :meth:`settings` is how to load it.
    """

    changed = Signal(object)
    failed = Signal(object)
    chosen = Signal()

    def __init__(self, theme: Theme, bridge: Bridge, name: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._ask: AskVerdict | None = None
        self._verdict: Verdict | None = None
        self._verdict_kv: KvType = LoadSettings().kv_type
        self._base = LoadSettings()
        self._steps: list[int] = [LoadSettings().n_ctx]
        self._turn = 0
        self._gpus = GpuBars(theme, f"{name}.gpus")
        self.sentence = label(wrap=True, name=f"{name}.sentence")
        self.bar = MemoryBar(theme, f"{name}.bar")
        self.slider = Slider()
        self.slider.setObjectName(f"{name}.context")
        self.slider.setAccessibleName(self.tr("Context length"))
        self._context_words = label(name=f"{name}.context.words")
        self._pages_words = label(kind="small", wrap=True)
        self.kv = ListField()
        self.kv.setObjectName(f"{name}.kv")
        self.kv.setAccessibleName(self.tr("Type of the KV cache"))
        for kind, words in kv_words(self).items():
            self.kv.addItem(words, kind)
        context_title = label(self.tr("Context"), "strong")
        top = row(context_title, spacing=8)
        top.addStretch()
        top.addWidget(self._context_words)
        kv_title = label(self.tr("KV cache"), "strong")
        explained = self.tr(
            "The model's memory of the conversation, which grows with the context. Kept with 8 or 4 bits for each "
            "number instead of 16, it takes less, and answers may lose a little accuracy."
        )
        for part in (kv_title, self.kv):
            part.setToolTip(explained)
        self.kv.setAccessibleDescription(explained)
        below = row(kv_title, spacing=8)
        below.addStretch()
        below.addWidget(self.kv)
        layout = column(spacing=6, parent=self)
        layout.addWidget(self.sentence)
        layout.addSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self._gpus)
        layout.addSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.slider)
        layout.addWidget(self._pages_words)
        layout.addSpacing(8)
        layout.addLayout(below)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.refresh)
        self.slider.valueChanged.connect(self._moved)
        self.kv.currentIndexChanged.connect(self._kv_chosen)

    def watch(self, ask: AskVerdict, n_ctx_train: int, defaults: LoadSettings, known: Verdict | None = None) -> None:
        """Show another model; ``ask`` may block and is called in the background."""
        self._rest.stop()
        self._ask, self._base, self._verdict = ask, defaults, None
        self._gpus.show_gpus(())
        usual = min(defaults.n_ctx, n_ctx_train) if n_ctx_train else defaults.n_ctx
        self._steps = sorted({*context_steps(n_ctx_train), max(usual, SMALLEST_CONTEXT)})
        start = self._steps.index(max(usual, SMALLEST_CONTEXT))
        for widget in (self.slider, self.kv):
            widget.blockSignals(True)
        self.slider.setRange(0, len(self._steps) - 1)
        self.slider.setPageStep(1)
        self.slider.setValue(start)
        self.kv.setCurrentIndex(max(0, self.kv.findData(defaults.kv_type)))
        for widget in (self.slider, self.kv):
            widget.blockSignals(False)
        self._say_context()
        self.sentence.setText(self.tr("Working out what it needs…"))
        restyle(self.sentence, kind="muted")
        self.bar.show_parts((), 0, "")
        if known is not None and known.n_ctx == self.n_ctx and defaults.kv_type == self.kv_type:
            self._show(known, defaults.kv_type)
        else:
            self.refresh()
        self.chosen.emit()

    def choose(self, n_ctx: int, kv_type: KvType) -> None:
        """Choose this context, or the step next to it, and this cache."""
        self.slider.setValue(min(range(len(self._steps)), key=lambda i: abs(self._steps[i] - n_ctx)))
        self.kv.setCurrentIndex(max(0, self.kv.findData(kv_type)))

    def show_gpus(self, gpus: Sequence[DeviceRoom]) -> None:
        """The GPUs that llama.cpp can use here: each gets a bar of its own."""
        self._gpus.show_gpus(gpus)
        if self._verdict is not None:
            self._gpus.show_verdict(self._verdict)

    @property
    def steps(self) -> tuple[int, ...]:
        """The contexts to choose from, in tokens."""
        return tuple(self._steps)

    @property
    def n_ctx(self) -> int:
        """The chosen context in tokens."""
        return self._steps[self.slider.value()]

    @property
    def kv_type(self) -> KvType:
        """The chosen type of the cache."""
        kind: KvType = self.kv.currentData()
        return kind

    @property
    def verdict(self) -> Verdict | None:
        """The last verdict; None while the first is awaited."""
        return self._verdict

    def settings(self) -> LoadSettings:
        """How to load the model as chosen here."""
        base = self._base
        return LoadSettings(self.n_ctx, self.kv_type, base.n_gpu_layers, base.n_threads, base.n_batch)

    def _kv_chosen(self, _index: int) -> None:
        self.chosen.emit()
        self._show_estimate()
        self._rest.start(0)

    def _moved(self, _step: int) -> None:
        self._say_context()
        self.chosen.emit()
        self._show_estimate()
        self._rest.start()

    def _show_estimate(self) -> None:
        """What the last verdict says of this choice, in the bar and in words, until the library has been asked."""
        if self._verdict is None:
            return
        self._turn += 1  # what was asked for another choice is not wanted any more
        times = KV_BITS[self.kv_type] / KV_BITS[self._verdict_kv]
        grown = _scaled(self._verdict, self.n_ctx, times)
        self.bar.show_parts(*bar_parts(self, grown))
        self._gpus.show_verdict(grown)
        words = self.tr("Takes about {size} with this choice; working it out…")
        self.sentence.setText(words.format(size=size_text(grown.total_bytes)))
        restyle(self.sentence, kind="muted")

    def _say_context(self) -> None:
        words = self.tr("{n} tokens").format(n=number(self.n_ctx))
        pages = max(1, round(self.n_ctx * 0.75 / 500))
        self._context_words.setText(words)
        self._pages_words.setText(
            self.tr("What it can keep in mind at once: about {pages} pages of English text.").format(
                pages=number(pages)
            )
            if pages > 1
            else self.tr("What it can keep in mind at once: about one page of English text.")
        )
        self.slider.setAccessibleDescription(words)

    def refresh_soon(self) -> None:
        """Ask for the verdict when what is being moved has come to rest."""
        self._rest.start()

    def refresh(self) -> None:
        """Ask for the verdict again."""
        self._rest.stop()
        ask = self._ask
        if ask is None:
            return
        self._turn += 1
        turn, n_ctx, kv_type = self._turn, self.n_ctx, self.kv_type

        def came(verdict: Verdict) -> None:
            if turn == self._turn:
                self._show(verdict, kv_type)

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self.sentence.setText(str(error))
                restyle(self.sentence, kind="bad")
                self.failed.emit(error)

        self._bridge.run(lambda: ask(n_ctx, kv_type), came, failed, self)

    def _show(self, verdict: Verdict, kv_type: KvType) -> None:
        self._verdict, self._verdict_kv = verdict, kv_type
        self.sentence.setText(verdict.sentence)
        restyle(self.sentence, kind=_TONES[verdict.fit])
        self.bar.show_parts(*bar_parts(self, verdict))
        self._gpus.show_verdict(verdict)
        self.bar.setToolTip(
            self.tr("Laid out by llama.cpp for this file.")
            if verdict.measured_by_llama
            else self.tr("An estimate from the file's header.")
        )
        self.changed.emit(verdict)


def bar_parts(words: QWidget, verdict: Verdict) -> tuple[tuple[Part, ...], int, str]:
    """What :meth:`MemoryBar.show_parts` takes: the parts in main memory."""
    host = next((parts for parts in verdict.devices if parts.device == HOST), verdict)
    parts = memory_parts(host.weights_bytes, host.kv_bytes, host.compute_bytes + verdict.other_bytes)
    return parts, verdict.memory_available_bytes, words.tr("Left free")


def _scaled(verdict: Verdict, n_ctx: int, times: float) -> Verdict:
    """The same with a cache that is scaled from its context to this one, and by ``times`` for its type."""
    times *= n_ctx / max(1, verdict.n_ctx)
    devices = tuple(replace(parts, kv_bytes=round(parts.kv_bytes * times)) for parts in verdict.devices)
    return replace(verdict, kv_bytes=round(verdict.kv_bytes * times), devices=devices)


def fit_badge(words: QObject, fit: Fit) -> Badge:
    """The verdict in a word."""
    texts: dict[Fit, str] = {
        "fits": words.tr("Fits"),
        "tight": words.tr("Tight"),
        "does_not_fit": words.tr("Does not fit"),
    }
    return Badge(texts[fit], _TONES[fit])


def kv_words(words: QWidget) -> dict[KvType, str]:
    """The types of the KV cache as people choose between them."""
    return {
        "f16": words.tr("16 bit: exact"),
        "q8_0": words.tr("8 bit: half the memory"),
        "q4_0": words.tr("4 bit: a quarter, less exact"),
    }


def context_steps(n_ctx_train: int) -> list[int]:
    """Contexts to choose from: powers of two up to what the model was trained for, which is the last."""
    longest = max(n_ctx_train, SMALLEST_CONTEXT)
    steps = []
    step = SMALLEST_CONTEXT
    while step < longest:
        steps.append(step)
        step *= 2
    return [*steps, longest]
