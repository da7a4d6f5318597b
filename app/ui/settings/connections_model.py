"""The requests since start as a table: time, host, purpose, bytes, state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from app.core.connections import Connection
from app.core.sizes import size_text
from app.ui.theme import Theme

TIME, HOST, PURPOSE, BYTES, STATE = range(5)
Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ConnectionRows(QAbstractTableModel):
    """Newest first. Live: what is new comes in at the top, so that a place that is looked at stays in sight."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[Connection] = []

    def show_connections(self, connections: Sequence[Connection]) -> None:
        """These are the requests now, newest first."""
        newest = self._rows[0].id if self._rows else 0
        new = [each for each in connections if each.id > newest]
        kept = len(connections) - len(new)
        if not self._rows or any(
            before.id != after.id for before, after in zip(self._rows[:kept], connections[len(new) :], strict=False)
        ):
            self.beginResetModel()
            self._rows = list(connections)
            self.endResetModel()
            return
        if kept < len(self._rows):
            self.beginRemoveRows(QModelIndex(), kept, len(self._rows) - 1)
            del self._rows[kept:]
            self.endRemoveRows()
        if new:
            self.beginInsertRows(QModelIndex(), 0, len(new) - 1)
            self._rows[:0] = new
            self.endInsertRows()
        for row, connection in enumerate(connections):
            if self._rows[row] != connection:
                self._rows[row] = connection
                self.dataChanged.emit(self.index(row, 0), self.index(row, STATE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else STATE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == BYTES else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            names = (self.tr("Time"), self.tr("Host"), self.tr("For"), self.tr("Received"), self.tr("State"))
            return names[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        connection = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(connection, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == BYTES:
            return _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(connection, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            parts = (f"{connection.method} {connection.url}", self._sent(connection), connection.problem)
            return "\n".join(part for part in parts if part)
        return None

    def _text(self, connection: Connection, column: int) -> str:
        match column:
            case 0:
                return connection.started_at.astimezone().strftime("%H:%M:%S")
            case 1:
                return connection.host
            case 2:
                return connection.purpose
            case 3:
                return size_text(connection.received_bytes) if connection.received_bytes else ""
        return self._state(connection)

    def _state(self, connection: Connection) -> str:
        match connection.state:
            case "open":
                return self.tr("under way")
            case "refused":
                return self.tr("not made: offline")
            case "failed":
                return self.tr("failed")
        ok = connection.status is None or connection.status < 400
        return self.tr("done") if ok else self.tr("answered {status}").format(status=connection.status)

    def _sent(self, connection: Connection) -> str:
        return self.tr("{size} sent").format(size=size_text(connection.sent_bytes)) if connection.sent_bytes else ""

    def _color(self, connection: Connection, column: int) -> QColor | None:
        colors = self._theme.colors
        if column == STATE:
            refused = connection.status is not None and connection.status >= 400
            if connection.state == "failed" or refused:
                return QColor(colors.bad)
            if connection.state == "open":
                return QColor(colors.accent)
        return QColor(colors.muted) if column in (TIME, STATE) else None
