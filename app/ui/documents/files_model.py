"""A collection's files as a table, fetched by pages when they are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.core.sizes import size_text
from app.knowledge.protocol import FileInfo, Files, FileStatus
from app.ui.documents.words import STATUS_ICONS, file_icon, status_words
from app.ui.parts import Parts
from app.ui.widgets.words import number

PAGE = 200
NAME, STATE, PAGES, PASSAGES, SIZE = range(5)


class FilesModel(QAbstractTableModel):
    """As many rows as match; a row whose page has not come yet is empty for a moment. ``counted``: how many match."""

    counted = Signal(int)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._collection_id: int | None = None
        self._status: FileStatus | None = None
        self._containing = ""
        self._total = 0
        self._pages: dict[int, list[FileInfo]] = {}
        self._asked: set[int] = set()
        self._turn = 0
        self._titles = (
            self.tr("File"),
            self.tr("State"),
            self.tr("Pages"),
            self.tr("Passages"),
            self.tr("Size"),
        )

    def show_files(self, collection_id: int | None, status: FileStatus | None = None, containing: str = "") -> None:
        """Show another collection, or other files of it."""
        self._collection_id, self._status, self._containing = collection_id, status, containing
        self._turn += 1
        self.beginResetModel()
        self._total = 0
        self._pages, self._asked = {}, set()
        self.endResetModel()
        self._fetch(0)

    def refresh(self, first_row: int = 0, last_row: int = 0) -> None:
        """Ask again for the rows that are seen, in place: the view does not jump. Others come when seen."""
        self._turn += 1
        seen = range(max(0, first_row) // PAGE, max(0, first_row, last_row) // PAGE + 1)
        self._pages = {page: files for page, files in self._pages.items() if page in seen}
        self._asked = set()
        for page in seen:
            self._fetch(page)

    def file(self, row: int) -> FileInfo | None:
        """The file of a row, if its page is there."""
        entries = self._pages.get(row // PAGE)
        offset = row % PAGE
        return entries[offset] if entries is not None and offset < len(entries) else None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.file(index.row())
        if entry is None:
            self._fetch(index.row() // PAGE)
            return None
        column = index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(entry, column)
            case Qt.ItemDataRole.ToolTipRole:
                return entry.reason if column == STATE and entry.reason else entry.path
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.DecorationRole if column == NAME:
                return self._parts.theme.icon(file_icon(entry.path), size=16)
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                icon, role_name = STATUS_ICONS[entry.status]
                return self._parts.theme.icon(icon, getattr(self._parts.theme.colors, role_name), 16)
        return None

    def _fetch(self, page: int) -> None:
        if page in self._asked or self._collection_id is None:
            return
        self._asked.add(page)
        turn, collection_id, status, containing = self._turn, self._collection_id, self._status, self._containing
        documents = self._parts.documents

        def came(files: Files) -> None:
            if turn == self._turn:
                self._take(page, files)

        self._parts.bridge.run(lambda: documents.files(collection_id, status, containing, page * PAGE, PAGE), came)

    def _take(self, page: int, files: Files) -> None:
        self._pages[page] = files.files
        if files.total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, files.total - 1)
            self._total = files.total
            self.endInsertRows()
        elif files.total < self._total:
            self.beginRemoveRows(QModelIndex(), files.total, self._total - 1)
            self._total = files.total
            self.endRemoveRows()
        if files.files:
            first = page * PAGE
            self.dataChanged.emit(self.index(first, 0), self.index(min(self._total, first + PAGE) - 1, SIZE))
        self.counted.emit(self._total)


def _text(entry: FileInfo, column: int) -> str:
    match column:
        case 0:  # NAME
            return Path(entry.path).name
        case 1:  # STATE
            words = status_words(entry.status)
            return f"{words}: {entry.reason}" if entry.reason else words
        case 2:  # PAGES
            return number(entry.pages) if entry.pages is not None else ""
        case 3:  # PASSAGES
            return number(entry.chunks) if entry.chunks else ""
        case _:
            return size_text(entry.size_bytes)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (NAME, STATE) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
