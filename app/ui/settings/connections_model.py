"""The requests since start as a table, those for one address in one row: time, host, purpose, number, bytes, state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from app.core.connections import Connection
from app.core.sizes import size_text
from app.ui.theme import Theme
from app.ui.widgets.words import number

TIME, HOST, PURPOSE, REQUESTS, BYTES, STATE = range(6)
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
        there = {each.id for each in connections}
        for row in reversed([row for row, each in enumerate(self._rows) if each.id not in there]):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row]
            self.endRemoveRows()
        new = connections[: len(connections) - len(self._rows)]
        if new:
            self.beginInsertRows(QModelIndex(), 0, len(new) - 1)
            self._rows[:0] = new
            self.endInsertRows()
        for row, connection in enumerate(connections):
            if self._rows[row] != connection:
                self._rows[row] = connection
                self.dataChanged.emit(self.index(row, 0), self.index(row, STATE))

    def connection(self, index: Index) -> Connection | None:
        """The row's; None where there is none."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else STATE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (
                _RIGHT if section in (REQUESTS, BYTES) else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            )
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Time"),
                self.tr("Host"),
                self.tr("For"),
                self.tr("Requests"),
                self.tr("Received"),
                self.tr("State"),
            )[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        connection = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(connection, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (REQUESTS, BYTES):
            return _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(connection, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{connection.method} {connection.url}"
        return None

    def _text(self, connection: Connection, column: int) -> str:
        match column:
            case 0:
                return span(connection)
            case 1:
                return connection.host
            case 2:
                return connection.purpose
            case 3:
                return number(connection.requests) if connection.requests else ""
            case 4:
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
        if connection.status is not None and connection.status >= 400:
            return self.tr("answered {status}").format(status=connection.status)
        return self.tr("done, {n} failed").format(n=connection.failed) if connection.failed else self.tr("done")

    def _color(self, connection: Connection, column: int) -> QColor | None:
        colors = self._theme.colors
        if column == STATE:
            refused = connection.status is not None and connection.status >= 400
            if connection.state == "failed" or refused:
                return QColor(colors.bad)
            if connection.state == "open":
                return QColor(colors.accent)
        return QColor(colors.muted) if column in (TIME, STATE) else None


def clock(time: datetime) -> str:
    """ "10:15:07", where the person is."""
    return time.astimezone().strftime("%H:%M:%S")


def span(connection: Connection) -> str:
    """ "10:15:07–10:16:12", or one time where that is the same."""
    first, last = clock(connection.started_at), clock(connection.last_at)
    return first if first == last else f"{first}–{last}"
