"""A model whose file is another one now: what was noted and set is kept for it, or forgotten, as the person says."""

from __future__ import annotations

from collections.abc import Callable

from app.models.former import FormerModel
from app.models.model import LibraryModel
from app.ui.models.sections.alert import Alert
from app.ui.parts import Parts
from app.ui.widgets.basic import button
from app.ui.widgets.words import parameters


class FormerAlert(Alert):
    """Shown until it is decided."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.theme, "warning", "models.alert.former")
        self._parts = parts
        self._model: LibraryModel | None = None
        models = parts.models
        self._keep = button(
            self.tr("Keep the notes and settings"),
            "models.alert.former.keep",
            lambda: self._decide(models.keep_for_another),
        )
        self._afresh = button(
            self.tr("Start afresh"), "models.alert.former.afresh", lambda: self._decide(models.start_afresh)
        )
        self._afresh.setToolTip(self.tr("Its name, notes, settings and adapters here are forgotten; the file stays."))
        self.offer(self._keep, self._afresh)

    def show_model(self, model: LibraryModel) -> None:
        """What there is to say of this one."""
        self._model = model
        self.setVisible(model.former is not None and model.present)
        if model.former is not None:
            words = self.tr(
                "This file is another model than before: it is {now}. What you noted and set was for {former}."
            )
            now = FormerModel.of(model.summary)
            self.words.setText(words.format(now=_described(now), former=_described(model.former)))

    def _decide(self, decision: Callable[[int], None]) -> None:
        model = self._model
        if model is not None:
            self._parts.bridge.run(lambda: decision(model.id), owner=self)


def _described(model: FormerModel) -> str:
    """ "SmolLM2 135M Instruct (llama, 135 M)"."""
    facts = (model.architecture, parameters(model.parameters) if model.parameters else "")
    return f"{model.title} ({', '.join(fact for fact in facts if fact)})"
