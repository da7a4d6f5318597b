"""A collection's files: filter by state and name above, the table below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget, QTableView, QWidget

from app.knowledge.protocol import FileStatus
from app.ui.chat.intents import SourceSpan
from app.ui.documents.files_model import NAME, PAGES, PASSAGES, SIZE, STATE, FilesModel
from app.ui.documents.words import status_words
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import column, label, row
from app.ui.widgets.fields import ListField
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.words import counted

STATUSES: tuple[FileStatus, ...] = ("indexed", "skipped", "failed", "missing", "pending")
TYPING_MS = 200
NARROW = 600


class FilesView(QWidget):
    """Shows one collection's files; :meth:`refresh` while it changes. ``source_requested``: a file's beginning."""

    source_requested = Signal(object)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._collection_id: int | None = None
        self.model = FilesModel(parts, self)
        self.status = ListField()
        self.status.setObjectName("documents.files.status")
        self.status.setAccessibleName(self.tr("Show files by state"))
        self.status.addItem(self.tr("All files"), None)
        for status in STATUSES:
            self.status.addItem(status_words(status), status)
        self.name = SearchField(parts.theme, self.tr("Find a file by name"), "documents.files.name")
        self.name.setMaximumWidth(260)
        self._count = label(kind="small", name="documents.files.count")
        self._table = self._make_table()
        top = row(self.status, self.name, spacing=8)
        top.addStretch()
        top.addWidget(self._count)
        layout = column(spacing=8, parent=self)
        layout.addLayout(top)
        self._nothing = label(kind="muted", wrap=True, name="documents.files.none")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._states = QStackedWidget()
        self._states.addWidget(self._table)
        self._states.addWidget(self._nothing)
        layout.addWidget(self._states, 1)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._show)
        self.name.textChanged.connect(lambda _text: self._typing.start())
        self.status.currentIndexChanged.connect(lambda _index: self._show())
        self.model.counted.connect(self._say_count)
        parts.theme.changed.connect(self._restyle)
        self._restyle()

    def show_collection(self, collection_id: int) -> None:
        """Show another collection's files; the filters stay as they are only for the same one."""
        if collection_id == self._collection_id:
            return
        self._collection_id = collection_id
        for widget in (self.status, self.name):
            widget.blockSignals(True)
        self.status.setCurrentIndex(0)
        self.name.clear()
        for widget in (self.status, self.name):
            widget.blockSignals(False)
        self._show()

    def refresh(self) -> None:
        """The collection is another now. What is seen of it is read again, however much was looked at before."""
        below = self._table.rowAt(self._table.viewport().height() - 1)
        self.model.refresh(self._table.rowAt(0), below if below >= 0 else self.model.rowCount() - 1)

    def _show(self) -> None:
        self.model.show_files(self._collection_id, self.status.currentData(), self.name.text().strip())

    def _say_count(self, n: int) -> None:
        self._count.setText(counted(self.tr("%Ln file(s)", "", n), n))
        filtered = self.status.currentData() is not None or bool(self.name.text().strip())
        self._nothing.setText(
            self.tr("No file is like that.") if filtered else self.tr("No files have been found here yet.")
        )
        self._states.setCurrentIndex(0 if n else 1)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("documents.files")
        table.setAccessibleName(self.tr("Files"))
        table.setModel(self.model)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across = table.horizontalHeader()
        across.setHighlightSections(False)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        across.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        across.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        across.setMinimumSectionSize(room_px(70))
        for section in (PAGES, PASSAGES, SIZE):
            across.setSectionResizeMode(section, QHeaderView.ResizeMode.Fixed)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.activated.connect(self._open)
        read = QAction(self.tr("Show its beginning as it was read"), table)
        read.setObjectName("documents.files.read")
        read.triggered.connect(lambda: self._open(table.currentIndex()))
        table.addAction(read)
        show = QAction(self.tr("Show in its folder"), table)
        show.setObjectName("documents.files.show")
        show.triggered.connect(lambda: self._show_folder(table.currentIndex()))
        table.addAction(show)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return table

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        """Where there is little room, names and states have it."""
        narrow = self.width() < room_px(NARROW)
        for section in (PAGES, PASSAGES):
            self._table.setColumnHidden(section, narrow)
        self._table.horizontalHeader().resizeSection(NAME, min(room_px(360), int(self.width() * 0.38)))

    def _restyle(self) -> None:
        self._table.verticalHeader().setDefaultSectionSize(room_px(36))
        for section, width in ((PAGES, 70), (PASSAGES, 90), (SIZE, 104)):
            self._table.horizontalHeader().resizeSection(section, room_px(width))
        self._table.viewport().update()
        self._fit()

    def _open(self, index: QModelIndex) -> None:
        """What was read of a file; of one that could not be read there is only the file."""
        entry = self.model.file(index.row()) if index.isValid() else None
        if entry is not None and entry.status == "indexed":
            self.source_requested.emit(SourceSpan(entry.id, 0, 0, Path(entry.path).name))
        else:
            self._show_folder(index)

    def _show_folder(self, index: QModelIndex) -> None:
        entry = self.model.file(index.row()) if index.isValid() else None
        if entry is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(entry.path).parent)))
