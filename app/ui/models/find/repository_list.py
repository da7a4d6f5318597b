"""The list view of repositories: a click or Enter opens one; the row at the end, and scrolling there, asks for more."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QListView

from app.ui.models.find.repositories import REPO_ROLE, Repositories
from app.ui.theme import Theme
from app.ui.widgets.rows import RowDelegate

NEAR_END_PX = 200


class RepositoryList(QListView):
    """``opened`` with a repository and the title of its row; ``more_requested`` near the end."""

    opened = Signal(str, str)
    more_requested = Signal()

    def __init__(self, theme: Theme, rows: Repositories, name: str, accessible: str) -> None:
        super().__init__()
        self._rows = rows
        self._opened = ""
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setModel(rows)
        self._delegate = RowDelegate(theme)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        rows.modelReset.connect(lambda: self.mark(self._opened))
        self.clicked.connect(self._open)
        self.activated.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme.changed.connect(self.viewport().update)

    def mark(self, repo_id: str) -> None:
        """Mark the repository that is opened, now and when the list is filled anew; empty: none is."""
        self._opened = repo_id
        at = self._rows.row_of(repo_id)
        if at >= 0:
            self.setCurrentIndex(self._rows.index(at))
        else:
            self.clearSelection()

    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        repo_id = index.data(REPO_ROLE)
        if repo_id:
            self.opened.emit(repo_id, index.data(Qt.ItemDataRole.DisplayRole))
        elif self._rows.more in ("more", "failed"):
            self.more_requested.emit()

    def _scrolled(self, value: int) -> None:
        # Only ever by the person: a list that is filled or filtered stays at its top.
        if self._rows.more == "more" and value > 0 and value >= self.verticalScrollBar().maximum() - NEAR_END_PX:
            self.more_requested.emit()
