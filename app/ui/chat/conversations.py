"""The list of conversations as a Qt model: newest first, under headings by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.chat.transcript import ConversationSummary

ID_ROLE = Qt.ItemDataRole.UserRole + 1
"""A row's conversation id; None for a heading."""

Index = QModelIndex | QPersistentModelIndex


class ConversationModel(QAbstractListModel):
    """Rows are conversations and the headings between them. Editing a row asks for a new title."""

    renamed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ConversationSummary | str] = []

    def show(self, summaries: Sequence[ConversationSummary], now: datetime) -> None:
        """Show these, in their order. ``now`` is local time and decides the headings."""
        rows: list[ConversationSummary | str] = []
        last = ""
        for summary in summaries:
            heading = self._age(summary.updated_at, now)
            if heading != last:
                rows.append(heading)
                last = heading
            rows.append(summary)
        if rows == self._rows:
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, conversation_id: int | None) -> QModelIndex:
        """The index of a conversation; invalid when it is not shown."""
        for number, row in enumerate(self._rows):
            if isinstance(row, ConversationSummary) and row.id == conversation_id:
                return self.index(number)
        return QModelIndex()

    def summary(self, index: Index) -> ConversationSummary | None:
        """The conversation of a row; None for a heading or no row."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return row if isinstance(row, ConversationSummary) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == ID_ROLE:
            return row.id if isinstance(row, ConversationSummary) else None
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.EditRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return row.title if isinstance(row, ConversationSummary) else row
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        summary = self.summary(index)
        title = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or summary is None or not title or title == summary.title:
            return False
        self._rows[index.row()] = replace(summary, title=title)
        self.dataChanged.emit(index, index)
        self.renamed.emit(summary.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.summary(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _age(self, moment: datetime, now: datetime) -> str:
        day = moment.astimezone(now.tzinfo).date()
        today = now.date()
        if day >= today:
            return self.tr("Today")
        if day == today - timedelta(days=1):
            return self.tr("Yesterday")
        if day > today - timedelta(days=7):
            return self.tr("Last 7 days")
        if day > today - timedelta(days=30):
            return self.tr("Last 30 days")
        return self.tr("Older")
