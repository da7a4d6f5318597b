"""How a model's size comes about: its number of parameters times the bytes for each, and what the context adds."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from app.core.sizes import size_text
from app.models.model import LibraryModel
from app.models.sizing import Lesson
from app.ui.models.fit import FitPanel
from app.ui.models.sections.lesson_bars import LessonBars
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.widgets.basic import label
from app.ui.widgets.words import number, parameters

_BITS_OF_A_BYTE = 8


class LessonSection(Section):
    """Follows the context and the KV cache that are chosen in ``fit``."""

    def __init__(self, parts: Parts, fit: FitPanel) -> None:
        super().__init__(parts, self.tr("Why it is this large"), "models.lesson")
        self._fit = fit
        self._lesson: Lesson | None = None
        self._asked = ("", -1)
        self._weights = label(kind="muted", wrap=True, name="models.lesson.weights")
        self._bars = LessonBars(parts.theme, "models.lesson.bars")
        self._context = label(kind="muted", wrap=True, name="models.lesson.context")
        for widget in (self._weights, self._bars, self._context):
            self.inside.addWidget(widget)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow)
        fit.chosen.connect(self._soon.start)

    def summarize(self, model: LibraryModel) -> None:
        self.setVisible(model.present and model.summary.kind != "embedding")
        summary = model.summary
        self.set_summary(
            self.tr("{n} × {bits} bits").format(n=parameters(summary.parameters), bits=f"{summary.bits_per_weight:.1f}")
        )

    def fill(self, model: LibraryModel) -> None:
        self._lesson, self._asked = None, ("", -1)
        self._bars.show_rows((), "", 0)
        self._weights.setText(self.tr("Reading the header…"))
        self._context.setText("")
        self._follow()

    def _follow(self) -> None:
        """The slider moved: the points are known for all its steps, but only for one kind of cache."""
        model, steps, kv_type = self.model, self._fit.steps, self._fit.kv_type
        if model is None or not self.is_open:
            return
        if self._lesson is not None and self._asked == (kv_type, steps[-1]):
            self._show(model, self._lesson)
            return
        asked = self._asked = (kv_type, steps[-1])

        def came(lesson: Lesson) -> None:
            if self.is_of(model) and asked == self._asked:
                self._lesson = lesson
                self._show(model, lesson)

        models = self.parts.models
        self.parts.bridge.run(lambda: models.verdicts.lesson(model.id, steps, kv_type), came, owner=self)

    def _show(self, model: LibraryModel, lesson: Lesson) -> None:
        own = next((row for row in lesson.rows if row.this_file), None)
        kv_bytes = next((point.kv_bytes for point in lesson.context if point.n_ctx == self._fit.n_ctx), 0)
        if own is not None:
            self._weights.setText(
                self.tr("{n} parameters × {bytes} bytes ({bits} bits) = {size} of weights.").format(
                    n=number(lesson.parameters),
                    bytes=f"{own.bits / _BITS_OF_A_BYTE:.3g}",
                    bits=f"{own.bits:.2f}",
                    size=size_text(own.weights_bytes),
                )
            )
        self._bars.show_rows(lesson.rows, model.summary.quantization, kv_bytes)
        adds = self.tr("A context of {n} tokens adds {size}").format(
            n=number(self._fit.n_ctx), size=size_text(kv_bytes)
        )
        each = size_text(round(lesson.bytes_per_token))
        self._context.setText(
            self.tr("{adds}: {each} for each token.").format(adds=adds, each=each)
            if lesson.bytes_per_token
            else self.tr("{adds}, whatever its length.").format(adds=adds)
        )
