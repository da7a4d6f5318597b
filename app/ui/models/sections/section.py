"""A part of a model's details that folds, and is filled when it is looked at."""

from __future__ import annotations

from app.models.model import LibraryModel
from app.ui.parts import Parts
from app.ui.widgets.fold import Fold


class Section(Fold):
    """:meth:`fill` is called with a model when the section is open and the model is another, or changed."""

    def __init__(self, parts: Parts, title: str, name: str) -> None:
        super().__init__(parts.theme, title, name)
        self.parts = parts
        self.model: LibraryModel | None = None
        self._filled: LibraryModel | None = None
        self.opened.connect(self._look)

    def show_model(self, model: LibraryModel) -> None:
        """Show this one, now or when it is unfolded."""
        before, self.model = self.model, model
        if before is not None and before.id != model.id:
            self.leave(before)
        self.summarize(model)
        self._look()

    def look_again(self) -> None:
        """What was asked for may be another now."""
        self._filled = None
        self._look()

    def fill(self, model: LibraryModel) -> None:
        """Fill the inside."""

    def summarize(self, model: LibraryModel) -> None:
        """The words behind the title, as far as they are known without asking."""

    def leave(self, model: LibraryModel) -> None:
        """Another model is shown from now on: finish what was begun for this one."""

    def is_of(self, model: LibraryModel) -> bool:
        """Whether an answer that was asked for this model is still wanted."""
        return self.model is not None and self.model.id == model.id

    def _look(self) -> None:
        if self.model is not None and self.is_open and self._filled != self.model:
            self._filled = self.model
            self.fill(self.model)
