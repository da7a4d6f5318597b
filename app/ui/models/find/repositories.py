"""Repositories as a list model: rows for the delegate, perhaps only those that fit, and a row for more at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.models.hub.estimate import estimated_fit, smallest_file_bytes
from app.models.hub.values import CuratedModel, HubModel
from app.ui.models.find.words import PURPOSE_ICONS, access_badges, estimate_badge, one_line
from app.ui.widgets.rows import ROW_ROLE, Badge, RowContent
from app.ui.widgets.words import parameters

REPO_ROLE = ROW_ROLE + 1
"""Its repository; empty for the row at the end."""

More = Literal["none", "more", "looking", "failed"]


@dataclass(frozen=True)
class Row:
    """A repository. ``parameters`` 0: not known."""

    repo_id: str
    title: str
    beside: str
    below: str
    icon: str
    parameters: int = 0
    marks: tuple[Badge, ...] = ()

    @classmethod
    def of_found(cls, model: HubModel) -> Row:
        """One that a search found."""
        icon = PURPOSE_ICONS[model.purpose] if model.purpose else "box"
        return cls(
            model.repo_id,
            model.title,
            model.author,
            one_line(model),
            icon,
            model.parameters,
            access_badges(model),
        )

    @classmethod
    def of_curated(cls, model: CuratedModel) -> Row:
        """One of the start list."""
        beside = " · ".join(part for part in (parameters(model.parameters), model.license) if part)
        return cls(model.repo_id, model.title, beside, model.about, PURPOSE_ICONS[model.purpose], model.parameters)


class Repositories(QAbstractListModel):
    """Rows are only ever added behind those that are there, so that the place a person looks at stays."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._shown: list[Row] = []
        self._room_bytes = 0
        self._only_fitting = False
        self._more: More = "none"

    @property
    def hidden_count(self) -> int:
        """How many are left out because they are too large, or because nobody knows."""
        return len(self._rows) - len(self._shown)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self._rows = list(rows)
        self._shown = [row for row in self._rows if self._wanted(row)]
        self.endResetModel()

    def add_rows(self, rows: Sequence[Row]) -> None:
        """Show these, too; those that are there already are left out."""
        known = {row.repo_id for row in self._rows}
        new = [row for row in rows if row.repo_id not in known]
        self._rows += new
        wanted = [row for row in new if self._wanted(row)]
        if wanted:
            self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown) + len(wanted) - 1)
            self._shown += wanted
            self.endInsertRows()

    def set_more(self, more: More) -> None:
        """What the row at the end says; ``none``: there is no such row."""
        if more == self._more:
            return
        at = len(self._shown)
        if self._more == "none":
            self.beginInsertRows(QModelIndex(), at, at)
            self._more = more
            self.endInsertRows()
        elif more == "none":
            self.beginRemoveRows(QModelIndex(), at, at)
            self._more = more
            self.endRemoveRows()
        else:
            self._more = more
            self.dataChanged.emit(self.index(at), self.index(at))

    @property
    def more(self) -> More:
        """What the row at the end says."""
        return self._more

    def set_room(self, room_bytes: int, *, only_fitting: bool) -> None:
        """How much memory a model may take here, and whether to leave out what takes more."""
        if (room_bytes, only_fitting) != (self._room_bytes, self._only_fitting):
            self._room_bytes, self._only_fitting = room_bytes, only_fitting
            if [row for row in self._rows if self._wanted(row)] != self._shown:
                self.show_rows(self._rows)
            elif self._shown:  # only their badges: what is chosen stays chosen
                self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def row_of(self, repo_id: str) -> int:
        """Where it is shown; -1: it is not."""
        return next((at for at, row in enumerate(self._shown) if row.repo_id == repo_id), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._shown) + (self._more != "none")

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        at_end = index.row() >= len(self._shown)
        if role == REPO_ROLE:
            return "" if at_end else self._shown[index.row()].repo_id
        if role == ROW_ROLE:
            return self._end() if at_end else self._content(self._shown[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            content = self._end() if at_end else self._content(self._shown[index.row()])
            return content.title if role == Qt.ItemDataRole.DisplayRole else content.words
        if role == Qt.ItemDataRole.ToolTipRole and not at_end:
            return self._shown[index.row()].repo_id
        return None

    def _wanted(self, row: Row) -> bool:
        return not self._only_fitting or (
            row.parameters > 0
            and estimated_fit(smallest_file_bytes(row.parameters), self._room_bytes) != "does_not_fit"
        )

    def _content(self, row: Row) -> RowContent:
        badges = row.marks
        if row.parameters and self._room_bytes:
            badges += (estimate_badge(estimated_fit(smallest_file_bytes(row.parameters), self._room_bytes)),)
        return RowContent(row.title, row.below, row.icon, badges, beside=row.beside)

    def _end(self) -> RowContent:
        words: dict[More, tuple[str, str]] = {
            "none": ("", ""),
            "more": (self.tr("Show more"), "chevron-down"),
            "looking": (self.tr("Looking for more…"), "hourglass"),
            "failed": (self.tr("The next ones could not be had. Try again"), "rotate-ccw"),
        }
        title, icon = words[self._more]
        return RowContent(title, "", icon, faded=self._more == "looking")
