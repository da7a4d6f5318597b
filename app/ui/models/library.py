"""The library as a list model: rows for the delegate, and a verdict for each row that has been looked at."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from app.core.errors import SatchelError
from app.models.model import LibraryModel, Verdict
from app.services.events import ModelState
from app.ui.models.fit import fit_badge
from app.ui.models.words import kind_words, one_line, place_of
from app.ui.parts import Parts
from app.ui.widgets.rows import ROW_ROLE, Badge, RowContent

ID_ROLE = ROW_ROLE + 1
PLACE_ROLE = ROW_ROLE + 2


class Library(QAbstractListModel):
    """Asks for verdicts one after another, only of rows that are painted."""

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._models: list[LibraryModel] = []
        self._verdicts: dict[int, Verdict] = {}
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._asking = False
        self._state = ModelState()

    def show_models(self, models: list[LibraryModel]) -> None:
        """All of them, chat models first, by title. Where they are the same ones, the rows only say what is new."""
        order = {"chat": 0, "base": 1, "embedding": 2}
        shown = sorted(models, key=lambda model: (order[model.summary.kind], model.title.casefold()))
        before = {model.id: model.summary for model in self._models}
        for model in shown:
            if before.get(model.id) != model.summary:  # another model in its place: what was said was of the former
                self._asked.discard(model.id)
                self._verdicts.pop(model.id, None)
        if [model.id for model in shown] == [model.id for model in self._models]:
            self._models = shown
            self.forget_verdicts()
            return
        self.beginResetModel()
        self._models = shown
        self.endResetModel()

    def show_state(self, state: ModelState) -> None:
        """Mark the model that is loaded or on its way."""
        changed = (self._state.phase, self._state.model, round(self._state.fraction, 2)) != (
            state.phase,
            state.model,
            round(state.fraction, 2),
        )
        self._state = state
        if changed and self._models:
            self.dataChanged.emit(self.index(0), self.index(len(self._models) - 1))

    def model(self, model_id: int) -> LibraryModel | None:
        """A model by its id."""
        return next((model for model in self._models if model.id == model_id), None)

    def row_of(self, model_id: int) -> int:
        """Its row; -1 if it is not there."""
        return next((row for row, model in enumerate(self._models) if model.id == model_id), -1)

    def forget_verdicts(self) -> None:
        """Free memory is another now, or the choices for a model: the old verdicts stay until there are new ones."""
        self._asked.clear()
        self._wanted.clear()
        if self._models:
            self.dataChanged.emit(self.index(0), self.index(len(self._models) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._models)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        model = self._models[index.row()]
        if role == ROW_ROLE:
            return self._row(model)
        if role == ID_ROLE:
            return model.id
        if role == PLACE_ROLE:
            return place_of(model)
        if role == Qt.ItemDataRole.DisplayRole:
            return model.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._row(model).words
        if role == Qt.ItemDataRole.ToolTipRole:
            return model.path
        return None

    def _row(self, model: LibraryModel) -> RowContent:
        current = self._state.model is not None and self._state.model.id == model.id
        fraction = self._state.fraction if current and self._state.phase == "loading" else None
        icon = "file-search" if model.summary.kind == "embedding" else "box"
        badges = (*self._flags(model), *self._main_badge(model, current))
        below = one_line(model.summary) if model.present else model.missing_reason or one_line(model.summary)
        return RowContent(model.title, below, icon, badges, fraction, not model.present, model.program)

    def _main_badge(self, model: LibraryModel, current: bool) -> tuple[Badge, ...]:
        if current and self._state.phase == "ready":
            return (Badge(self.tr("Loaded"), "accent"),)
        if current and self._state.phase == "loading":
            return (Badge(self.tr("Loading…"), "accent"),)
        if not model.present:
            return (Badge(self.tr("File is missing"), "bad"),)
        if model.summary.kind == "embedding":
            return (Badge(kind_words("embedding")),)
        verdict = self._verdict(model)
        return (fit_badge(self, verdict.fit),) if verdict is not None else ()

    def _flags(self, model: LibraryModel) -> tuple[Badge, ...]:
        """What else there is to see to."""
        flags = []
        if model.newer is not None:
            flags.append(Badge(self.tr("Update available"), "accent"))
        if model.former is not None:
            flags.append(Badge(self.tr("Another model"), "warn"))
        if model.template_changed:
            flags.append(Badge(self.tr("Template changed"), "warn"))
        if model.duplicates:
            flags.append(Badge(self.tr("Duplicate")))
        return tuple(flags)

    def _verdict(self, model: LibraryModel) -> Verdict | None:
        if model.id not in self._asked:
            self._asked.add(model.id)
            self._wanted.append(model.id)
            self._ask()
        return self._verdicts.get(model.id)

    def _ask(self) -> None:
        if self._asking or not self._wanted:
            return
        self._asking = True
        model_id = self._wanted.pop()  # the latest painted is the one people look at
        models = self._parts.models

        def came(verdict: Verdict) -> None:
            self._verdicts[model_id] = verdict
            if (row := self.row_of(model_id)) >= 0:
                self.dataChanged.emit(self.index(row), self.index(row))
            done()

        def failed(_error: SatchelError) -> None:
            done()  # the details of the model say why, where somebody asks

        def done() -> None:
            self._asking = False
            self._ask()

        self._parts.bridge.run(lambda: models.verdicts.of(model_id), came, failed)


class LibraryFilter(QSortFilterProxyModel):
    """The models of a place whose title contains some words."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self._place = ""
        self.setSourceModel(library)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def show_place(self, place: str) -> None:
        """Only these; empty: all."""
        self.beginFilterChange()
        self._place = place
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        source = self.sourceModel()
        if self._place and source.index(row, 0, parent).data(PLACE_ROLE) != self._place:
            return False
        return super().filterAcceptsRow(row, parent)
