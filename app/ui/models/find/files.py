"""The files of a repository to choose from: quantization, size, and whether each fits here.

A file is judged by its size until its header was read; that is done for the one that is chosen, since it transfers a
few megabytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QListView, QWidget

from app.core.sizes import size_text
from app.models.hub.estimate import estimated_fit
from app.models.hub.values import HubFile
from app.models.model import Verdict
from app.ui.models.find.words import estimate_badge, file_title, quantization_words
from app.ui.models.fit import fit_badge
from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import button, column
from app.ui.widgets.rows import ROW_ROLE, Badge, RowContent, RowDelegate
from app.ui.widgets.words import counted

FILE_ROLE = ROW_ROLE + 1
HEIGHT = 52
AT_FIRST = 5
"""So many are shown at first: those next to the advised one."""


class FileRows(QAbstractListModel):
    """Files by size, the smallest first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._files: list[HubFile] = []
        self._titles: dict[HubFile, str] = {}
        self._verdicts: dict[HubFile, Verdict] = {}
        self._best: HubFile | None = None
        self._room_bytes = 0
        self._present: Collection[HubFile] = ()

    def show_files(self, files: Sequence[HubFile], among: Sequence[HubFile]) -> None:
        """Show these ``among`` all there are; what is known of those that stay is kept."""
        self.beginResetModel()
        self._files = list(files)
        self._titles = {file: file_title(file, among) for file in files}
        self.endResetModel()

    def advise(self, best: HubFile | None, room_bytes: int) -> None:
        """Mark the file to take, and judge the others by what may be filled."""
        self._best, self._room_bytes = best, room_bytes
        self._all_changed()

    def set_verdict(self, file: HubFile, verdict: Verdict) -> None:
        """The exact verdict of one."""
        self._verdicts[file] = verdict
        self._all_changed()

    def forget_verdicts(self) -> None:
        """Free memory is another now."""
        self._verdicts.clear()
        self._all_changed()

    def set_present(self, files: Collection[HubFile]) -> None:
        """Which ones are in the library already."""
        self._present = files
        self._all_changed()

    def row_of(self, file: HubFile | None) -> int:
        """Where it is shown; -1: it is not."""
        return self._files.index(file) if file in self._files else -1

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 0 if parent.isValid() else len(self._files)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        file = self._files[index.row()]
        if role == FILE_ROLE:
            return file
        if role == ROW_ROLE:
            return self._content(file)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[file]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._content(file).words
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(file)
        return None

    def _tooltip(self, file: HubFile) -> str:
        how = (
            self.tr("Judged by its header.")
            if file in self._verdicts
            else self.tr("Judged by its size; choose it to be exact.")
        )
        return f"{file.name}\n{how}"

    def _content(self, file: HubFile) -> RowContent:
        badges: list[Badge] = [Badge(self.tr("Best here"), "accent")] if file == self._best else []
        verdict = self._verdicts.get(file)
        if file in self._present:
            badges = [Badge(self.tr("In your library"), "accent")]
        elif verdict is not None:
            badges.append(fit_badge(self, verdict.fit))
        elif self._room_bytes:
            badges.append(estimate_badge(estimated_fit(file.size_bytes, self._room_bytes)))
        below = [quantization_words(file)]
        if file.split:
            below.append(counted(self.tr("%Ln part(s)", "", len(file.paths)), len(file.paths)))
        words = " · ".join(part for part in below if part)
        return RowContent(self._titles[file], words, "", tuple(badges), aside=size_text(file.size_bytes))

    def _all_changed(self) -> None:
        if self._files:
            self.dataChanged.emit(self.index(0), self.index(len(self._files) - 1))


class FileList(QWidget):
    """As high as its rows; ``chosen`` with a HubFile."""

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._files: tuple[HubFile, ...] = ()
        self.rows = FileRows(self)
        self._view = QListView()
        self._view.setObjectName("models.find.files")
        self._view.setAccessibleName(self.tr("Files"))
        self._view.setModel(self.rows)
        self._delegate = RowDelegate(theme, HEIGHT)
        self._view.setItemDelegate(self._delegate)
        self._view.setUniformItemSizes(True)
        self._view.setMouseTracking(True)
        for bar in (self._view.setHorizontalScrollBarPolicy, self._view.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.selectionModel().selectionChanged.connect(lambda _new, _old: self._selected())
        self._all = button("", "models.find.files.all", self._show_all, "link", accessible=self.tr("Show all sizes"))
        column(self._view, self._all, spacing=2, parent=self)
        theme.changed.connect(self._fit_height)

    @property
    def file(self) -> HubFile | None:
        """The chosen one."""
        indexes = self._view.selectionModel().selectedIndexes()
        file: HubFile | None = indexes[0].data(FILE_ROLE) if indexes else None
        return file

    @property
    def files(self) -> tuple[HubFile, ...]:
        """All of them, also those that are not shown yet."""
        return self._files

    def show_files(self, files: Sequence[HubFile]) -> None:
        """Show these, by size; at first those in the middle. None is chosen."""
        self._files = tuple(sorted(files, key=lambda file: file.size_bytes))
        self._show(self._around(len(self._files) // 2), None)

    def choose(self, file: HubFile | None) -> None:
        """Choose one, and show those next to it; None: the smallest."""
        at = self._files.index(file) if file in self._files else 0
        if self._files:
            whole = self.rows.rowCount() == len(self._files)
            self._show(self._files if whole else self._around(at), self._files[at])

    def _around(self, at: int) -> Sequence[HubFile]:
        begin = max(0, min(at - AT_FIRST // 2, len(self._files) - AT_FIRST))
        return self._files[begin : begin + AT_FIRST]

    def _show(self, files: Sequence[HubFile], chosen: HubFile | None) -> None:
        self.rows.show_files(files, self._files)
        left = len(self._files) - len(files)
        self._all.setVisible(left > 0)
        self._all.setText(self.tr("Show all {n} sizes").format(n=len(self._files)))
        self._fit_height()
        row = self.rows.row_of(chosen)
        if row >= 0:
            self._view.setCurrentIndex(self.rows.index(row))

    def _show_all(self) -> None:
        self._show(self._files, self.file)
        self._view.setFocus()

    def _selected(self) -> None:
        if (file := self.file) is not None:
            self.chosen.emit(file)

    def _fit_height(self) -> None:
        self._view.setFixedHeight(self.rows.rowCount() * room_px(HEIGHT))
