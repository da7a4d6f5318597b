"""The Documents page: the collections at the left, the chosen one at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.knowledge.protocol import CollectionInfo
from app.services.events import CollectionsChanged, Event
from app.ui.documents.detail import CollectionDetail
from app.ui.documents.source import PANE_WIDTH, OpenedSource
from app.ui.documents.words import fraction, is_busy, short_state
from app.ui.parts import Parts
from app.ui.theme import Theme
from app.ui.widgets.basic import button, column, row
from app.ui.widgets.centred_words import CentredWords
from app.ui.widgets.dialogs import choose_files, choose_folder
from app.ui.widgets.drop_box import DropBox
from app.ui.widgets.page import header
from app.ui.widgets.rows import ROW_ROLE, Badge, RowContent, RowDelegate
from app.ui.widgets.words import number

ID_ROLE = ROW_ROLE + 1
NARROW = 1080
"""Below this width the collections make room for the source."""


class DocumentsPage(QWidget):
    """``paths_chosen`` become a new collection; ``ask_about`` starts a conversation about one."""

    paths_chosen = Signal(list)
    ask_about = Signal(int)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._select_next: int | None = None
        self._paused = False
        self.setObjectName("documents")
        self._collections = CollectionsModel(self)
        self._list = QListView()
        self._list.setObjectName("documents.collections")
        self._list.setAccessibleName(self.tr("Collections"))
        self._list.setModel(self._collections)
        self._list.setItemDelegate(RowDelegate(parts.theme))
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.selectionModel().selectionChanged.connect(lambda _new, _old: self._show_chosen())
        self.detail = CollectionDetail(parts)
        self.detail.ask_about.connect(self.ask_about)
        self._pause = button(self.tr("Pause"), "documents.pause", self._toggle_pause, "quiet")
        self._pause.hide()
        add_files = button(self.tr("Add files…"), "documents.new.files", self._choose_files)
        add_folder = button(self.tr("Add a folder…"), "documents.new.folder", self._choose_folder, "primary")
        self._empty = EmptyDocuments(parts.theme)
        self._empty.clicked.connect(self._choose_folder)
        side = QFrame()
        side.setProperty("kind", "sidebar")
        column(self._list, margin=8, parent=side)
        self._side = side
        self.source = OpenedSource(parts, self)
        self.source.shown.connect(self._give_way)
        self.detail.source_requested.connect(self.source.open)
        self.detail.changed.connect(self.source.close)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        for widget in (side, self.detail, self.source.pane):
            split.addWidget(widget)
        split.setSizes([290, 900, PANE_WIDTH])
        split.setStretchFactor(1, 1)
        side.setMinimumWidth(220)
        self._states = QStackedWidget()
        self._states.addWidget(QWidget())
        self._states.addWidget(self._empty)
        self._states.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header(self.tr("Documents"), self._pause, add_files, add_folder, name="documents.header"))
        layout.addWidget(self._states, 1)
        parts.bridge.happened.connect(self._happened)
        parts.theme.changed.connect(self._list.viewport().update)
        parts.bridge.run(parts.documents.collections, self._show)

    def select(self, collection_id: int) -> None:
        """Show a collection, now or when it is there."""
        row_number = self._collections.row_of(collection_id)
        if row_number < 0:
            self._select_next = collection_id
            return
        self._list.setCurrentIndex(self._collections.index(row_number))

    def close_source(self) -> None:
        """Close the source pane, if it is open."""
        self.source.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way(self.source.pane.isVisible())

    def _give_way(self, source_is_open: bool) -> None:
        self._side.setHidden(source_is_open and self.width() < NARROW)

    def _show(self, infos: Sequence[CollectionInfo]) -> None:
        chosen = self._chosen_id()
        self._collections.show_collections(infos)
        self._states.setCurrentIndex(2 if infos else 1)
        busy, paused = any(is_busy(info) for info in infos), any(info.phase == "paused" for info in infos)
        self._paused = paused and not busy
        self._pause.setVisible(busy or paused)
        text = self.tr("Go on indexing") if self._paused else self.tr("Pause indexing")
        self._pause.setText(text)
        self._pause.setAccessibleName(text)
        if not infos:
            return
        wanted = self._select_next if self._select_next is not None else chosen
        row_number = self._collections.row_of(wanted) if wanted is not None else -1
        if self._select_next is not None and row_number >= 0:
            self._select_next = None
        self._list.setCurrentIndex(self._collections.index(max(0, row_number)))
        self._show_chosen()

    def _chosen_id(self) -> int | None:
        index = self._list.currentIndex()
        return index.data(ID_ROLE) if index.isValid() else None

    def _show_chosen(self) -> None:
        collection_id = self._chosen_id()
        info = self._collections.info(collection_id) if collection_id is not None else None
        if info is not None:
            self.detail.show_info(info)

    def _happened(self, event: Event) -> None:
        if isinstance(event, CollectionsChanged):
            self._show(event.infos)

    def _toggle_pause(self) -> None:
        paused = not self._paused
        self._parts.bridge.run(lambda: self._parts.documents.set_paused(paused))

    def _choose_folder(self) -> None:
        choose_folder(self, "documents.new.dialog", self.tr("Add a folder"), self.paths_chosen.emit)

    def _choose_files(self) -> None:
        choose_files(self, "documents.new.dialog", self.tr("Add files"), self.paths_chosen.emit)


class CollectionsModel(QAbstractListModel):
    """Collections as rows. New states of the same collections do not reset it, so the selection stays."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._infos: list[CollectionInfo] = []

    def show_collections(self, infos: Sequence[CollectionInfo]) -> None:
        """Show these, in their order."""
        same = [info.id for info in infos] == [info.id for info in self._infos]
        if same:
            self._infos = list(infos)
            if infos:
                self.dataChanged.emit(self.index(0), self.index(len(infos) - 1))
            return
        self.beginResetModel()
        self._infos = list(infos)
        self.endResetModel()

    def info(self, collection_id: int) -> CollectionInfo | None:
        """A collection by its id."""
        return next((info for info in self._infos if info.id == collection_id), None)

    def row_of(self, collection_id: int) -> int:
        """Its row; -1 if it is not there."""
        return next((row for row, info in enumerate(self._infos) if info.id == collection_id), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._infos)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        info = self._infos[index.row()]
        match role:
            case int() if role == ROW_ROLE:
                return self._row(info)
            case int() if role == ID_ROLE:
                return info.id
            case Qt.ItemDataRole.DisplayRole:
                return info.name
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(info.roots)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._row(info).words
        return None

    def _row(self, info: CollectionInfo) -> RowContent:
        badges = (
            (Badge(self.tr("{n} failed").format(n=number(info.failed)), "bad"),)
            if info.failed and not is_busy(info)
            else ()
        )
        busy = is_busy(info) or (info.phase == "paused" and info.pending > 0)
        icon = "triangle-alert" if info.problem else "folder" if len(info.roots) == 1 else "files"
        return RowContent(info.name, short_state(info), icon, badges, fraction(info) if busy else None)


class EmptyDocuments(QWidget):
    """No collections: a big place to drop on, which is also a button."""

    clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("documents.empty")
        box = DropBox(theme, self.tr("Drop a folder here"), "documents.empty.drop")
        box.clicked.connect(self.clicked)
        words = CentredWords(
            self.tr(
                "Text, Markdown, HTML, PDF, Word and source code. Everything is read on this machine, "
                "and your files stay where they are."
            ),
            "muted",
            460,
        )
        inner = QWidget()
        inner.setMaximumWidth(760)
        layout = column(spacing=18, parent=inner)
        across = row(inner, margin=32, spacing=0, parent=self)
        across.setStretch(0, 1)
        box.setMaximumSize(760, 340)
        layout.addStretch(1)
        layout.addWidget(box, 6)
        layout.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
