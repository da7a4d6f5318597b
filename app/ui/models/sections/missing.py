"""A model whose file is not there: why, where it may be now, and taking it from there.

Looking reads folders and comparing reads gigabytes, so both show how far they are and can be stopped. They go on while
another model is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QProgressBar, QWidget

from app.core.errors import Cancelled, SatchelError
from app.core.jobs import CancelToken, Progress
from app.core.sizes import size_text
from app.models.model import LibraryModel
from app.ui.models.sections.alert import Alert
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label, row
from app.ui.widgets.dialogs import choose_file
from app.ui.widgets.words import short_path

T = TypeVar("T")


@dataclass
class _Work:
    """What is under way for one model."""

    cancel: CancelToken
    progress: Progress | None = None


class MissingAlert(Alert):
    """Shown for a model that is not there."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.theme, "error", "models.details.missing")
        self._parts = parts
        self._model: LibraryModel | None = None
        self._found_at: dict[int, str] = {}
        self._works: dict[int, _Work] = {}
        self._take = button(self.tr("Use it there"), "models.missing.take", self._use_found)
        self._look = button(self.tr("Look for it"), "models.missing.look", self._look_for_it)
        self._show = button(self.tr("Show where it is…"), "models.missing.show", self._choose)
        self.offer(self._take, self._look, self._show)
        self._how_far = label(kind="small", wrap=True, name="models.missing.progress.words")
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setObjectName("models.missing.progress")
        stop = button(self.tr("Stop"), "models.missing.stop", self._stop, "quiet")
        self._working = QWidget()
        across = row(self._how_far, stop, spacing=8)
        across.setStretch(0, 1)
        below = column(spacing=4, parent=self._working)
        below.addLayout(across)
        below.addWidget(self._bar)
        self.inside.addWidget(self._working)

    def show_model(self, model: LibraryModel) -> None:
        """What there is to say of this one."""
        self._model = model
        self.setVisible(not model.present)
        if model.present:
            self._found_at.pop(model.id, None)
        else:
            self._say(model)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _say(self, model: LibraryModel) -> None:
        looked, work = self._found_at.get(model.id), self._works.get(model.id)
        found_at = model.found_at or looked or ""
        reason = model.missing_reason or self.tr("It was moved or deleted, or its drive is not mounted.")
        words = self.tr("The file is not there now. {reason}").format(reason=reason)
        if found_at:
            words += " " + self.tr("It may be this one: {path}.").format(path=short_path(found_at))
        elif looked is not None:
            words += " " + self.tr("It was not found nearby or in other programs' folders.")
        self.words.setText(words)
        self._take.setVisible(bool(found_at) and work is None)
        self._look.setVisible(not found_at and work is None)
        self._show.setVisible(work is None)
        self._working.setVisible(work is not None)
        if work is not None:
            self._bar.setMaximum(1000 if work.progress is not None and work.progress.total else 0)
            self._bar.setValue(round(1000 * ((work.progress.fraction if work.progress else None) or 0)))
            self._how_far.setText(self._words_of(work.progress))

    def _words_of(self, progress: Progress | None) -> str:
        if progress is None:
            return self.tr("Reading its header…")
        if progress.unit == "bytes":
            return self.tr("Comparing its content: {n} % of {size}").format(
                n=round(100 * (progress.fraction or 0)), size=size_text(progress.total)
            )
        return self.tr("Looking in the folders of {program}…").format(program=progress.phase)

    def _use_found(self) -> None:
        model = self._model
        if model is not None and (found_at := model.found_at or self._found_at.get(model.id)):
            self._take_path(Path(found_at))

    def _take_path(self, path: Path) -> None:
        model, models = self._model, self._parts.models
        if model is not None:
            self._begin(model, lambda report, cancel: models.moved.relink(model.id, path, report, cancel))

    def _look_for_it(self) -> None:
        model, models = self._model, self._parts.models
        if model is None:
            return

        def came(path: str) -> None:
            self._found_at[model.id] = path

        self._begin(model, lambda report, cancel: models.moved.look_for(model.id, report, cancel), came)

    def _begin(
        self,
        model: LibraryModel,
        work: Callable[[Callable[[Progress], None], CancelToken], T],
        came: Callable[[T], None] | None = None,
    ) -> None:
        def show(progress: Progress) -> None:
            if model.id in self._works:
                self._works[model.id].progress = progress
                self._say_again()

        def then(result: T) -> None:
            if came is not None:
                came(result)
            self._works.pop(model.id, None)
            self._say_again()

        def failed(error: SatchelError) -> None:
            self._works.pop(model.id, None)
            self._say_again()
            if not isinstance(error, Cancelled):
                self._parts.bridge.failed.emit(error)

        self._works[model.id] = _Work(self._parts.bridge.job(work, show, then, failed, self))
        self._say_again()

    def _say_again(self) -> None:
        if self._model is not None and not self._model.present:
            self._say(self._model)

    def _stop(self) -> None:
        if self._model is not None and self._model.id in self._works:
            self._works[self._model.id].cancel.cancel()

    def _choose(self) -> None:
        filters = (self.tr("Models (*.gguf)"), self.tr("All files (*)"))
        title = self.tr("Where is the model's file now?")
        choose_file(self, "models.missing.dialog", title, self._take_path, filters)
