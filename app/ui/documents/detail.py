"""One collection: what is in it, how far its index is, its files, and a search in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QProgressBar,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from app.core.errors import SatchelError
from app.knowledge.protocol import CollectionInfo
from app.ui.documents.files_view import FilesView
from app.ui.documents.results import Results
from app.ui.documents.words import fraction, is_busy, long_state, progress_line
from app.ui.notices import Action, Note
from app.ui.parts import Parts
from app.ui.widgets.basic import Icon, IconButton, button, column, frame, label, row
from app.ui.widgets.dialogs import ask_name, choose_files, choose_folder
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.words import short_path

REFRESH_MS = 1000
TYPING_MS = 250


class CollectionDetail(QWidget):
    """``ask_about`` with the collection's id; ``source_requested`` with a SourceSpan of a result or of a file."""

    ask_about = Signal(int)
    source_requested = Signal(object)
    changed = Signal()
    """Another collection is shown now."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._info: CollectionInfo | None = None
        self.setObjectName("documents.detail")
        self._title = ElidedLabel("", "title", "documents.detail.title")
        self._state = label(kind="muted", wrap=True, name="documents.detail.state")
        self._roots = ElidedLabel("", "small", "documents.detail.roots", Qt.TextElideMode.ElideMiddle)
        self._ask = button(self.tr("Ask about these"), "documents.ask", self._do_ask, "primary")
        self._ask.setAccessibleName(self.tr("Ask about these documents in a new conversation"))
        self._ask.setToolTip(self._ask.accessibleName())
        self._more = IconButton(parts.theme, "ellipsis-vertical", self.tr("More to do with it"), "documents.more")
        self._more.setMenu(self._menu())
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._progress = self._progress_card()
        self._problem_words = label(wrap=True, selectable=True, name="documents.problem.words")
        self._problem = frame("notice", "documents.problem")
        self._problem.setProperty("state", "warning")
        inside = row(
            Icon(parts.theme, "triangle-alert", "warn", 18), self._problem_words, spacing=10, parent=self._problem
        )
        inside.setContentsMargins(14, 10, 14, 10)
        inside.setStretch(1, 1)
        self.search = SearchField(parts.theme, self.tr("Search what these documents say"), "documents.search")
        self.files = FilesView(parts)
        self.files.source_requested.connect(self.source_requested)
        self.results = Results(parts.theme)
        self.results.source_requested.connect(self.source_requested)
        self._body = QStackedWidget()
        self._body.addWidget(self.files)
        self._body.addWidget(self.results)
        self._lay_out()
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._search)
        self.search.textChanged.connect(self._typed)
        self._later = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._later.timeout.connect(self.files.refresh)
        self._turn = 0

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        top.addWidget(self._ask)
        top.addWidget(self._more)
        layout = column(spacing=6, parent=self)
        layout.setContentsMargins(24, 16, 24, 12)
        layout.addLayout(top)
        layout.addWidget(self._state)
        layout.addWidget(self._roots)
        layout.addSpacing(6)
        layout.addWidget(self._problem)
        layout.addWidget(self._progress)
        layout.addSpacing(6)
        layout.addWidget(self.search)
        layout.addSpacing(6)
        layout.addWidget(self._body, 1)

    def _progress_card(self) -> QFrame:
        made = frame("well", "documents.progress")
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setObjectName("documents.progress.bar")
        self._bar.setAccessibleName(self.tr("Indexing"))
        self._how_far = label(kind="strong", name="documents.progress.words")
        self._current = ElidedLabel("", "small", "documents.progress.file", Qt.TextElideMode.ElideMiddle)
        layout = column(self._how_far, self._bar, self._current, spacing=6, parent=made)
        layout.setContentsMargins(16, 12, 16, 12)
        return made

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("documents.menu")

        def add(text: str, name: str, do: Callable[[], None]) -> QAction:
            action = menu.addAction(text)
            action.setObjectName(name)
            action.triggered.connect(lambda _checked=False: do())
            return action

        add(self.tr("Add a folder…"), "documents.add_folder", self._add_folder)
        add(self.tr("Add files…"), "documents.add_files", self._add_files)
        menu.addSeparator()
        add(self.tr("Look for changes"), "documents.rescan", lambda: self._rescan(retry_failed=False))
        self._retry = add(self.tr("Try failed files again"), "documents.retry", lambda: self._rescan(retry_failed=True))
        menu.addSeparator()
        add(self.tr("Rename…"), "documents.rename", self._rename)
        add(self.tr("Remove…"), "documents.remove", self._ask_remove)
        return menu

    def show_info(self, info: CollectionInfo) -> None:
        """Show this collection, or its newest state."""
        old, self._info = self._info, info
        self._title.setText(info.name)
        self._state.setText(long_state(info))
        self._roots.setText("  ·  ".join(short_path(root) for root in info.roots))
        busy = is_busy(info) or (info.phase == "paused" and info.pending > 0)
        self._progress.setVisible(busy)
        self._how_far.setText(progress_line(info))
        self._bar.setMaximum(0 if info.phase == "scanning" else 1000)
        self._bar.setValue(round(fraction(info) * 1000))
        self._current.setText(short_path(info.current_file))
        self._current.setVisible(bool(info.current_file))
        self._problem.setVisible(bool(info.problem))
        self._problem_words.setText(info.problem)
        self._retry.setEnabled(info.failed > 0)
        if old is None or old.id != info.id:
            self.search.clear()
            self._body.setCurrentWidget(self.files)
            self.files.show_collection(info.id)
            self.changed.emit()
        elif _counts(old) != _counts(info) and not self._later.isActive():
            self._later.start()

    def _typed(self, text: str) -> None:
        if text.strip():
            self._typing.start()
        else:
            self._typing.stop()
            self._body.setCurrentWidget(self.files)

    def _search(self) -> None:
        info, query = self._info, self.search.text().strip()
        if info is None or not query:
            return
        self._turn += 1
        turn = self._turn
        self._body.setCurrentWidget(self.results)
        self.results.show_searching()

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self.results.show_problem(str(error))

        self._parts.bridge.run(
            lambda: self._parts.documents.search([info.id], query),
            lambda evidence: self.results.show_evidence(evidence) if turn == self._turn else None,
            failed,
        )

    def _do_ask(self) -> None:
        if self._info is not None:
            self.ask_about.emit(self._info.id)

    def _add_folder(self) -> None:
        if self._info is not None:
            add = partial(self._add, self._info.id)
            choose_folder(self, "documents.add.dialog", self.tr("Add a folder"), add)

    def _add_files(self) -> None:
        if self._info is not None:
            add = partial(self._add, self._info.id)
            choose_files(self, "documents.add.dialog", self.tr("Add files"), add)

    def _add(self, collection_id: int, paths: list[Path]) -> None:
        self._parts.bridge.run(lambda: self._parts.documents.add(collection_id, paths))

    def _rescan(self, *, retry_failed: bool) -> None:
        info = self._info
        if info is not None:
            self._parts.bridge.run(
                lambda: self._parts.documents.rescan(info.id, retry_failed=retry_failed),
                lambda _info: self._parts.notify(
                    Note(self.tr("Looking for changes in “{name}”.").format(name=info.name))
                ),
            )

    def _rename(self) -> None:
        info = self._info
        if info is None:
            return

        def rename(name: str) -> None:
            self._parts.bridge.run(lambda: self._parts.documents.rename(info.id, name or info.name))

        ask_name(
            self,
            "documents.rename.dialog",
            self.tr("Rename the collection"),
            self.tr("Its name in Satchel (folders keep theirs):"),
            info.name,
            rename,
        )

    def _ask_remove(self) -> None:
        info = self._info
        if info is None:
            return
        box = QMessageBox(self)
        box.setObjectName("documents.remove.dialog")
        box.setWindowTitle(self.tr("Remove the collection"))
        box.setText(self.tr("Remove “{name}” from Satchel?").format(name=info.name))
        box.setInformativeText(
            self.tr(
                "Only its index is deleted. Your files stay as they are, and what was quoted in conversations stays."
            )
        )
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName("documents.remove.yes")
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda clicked: self._do_remove(info) if clicked is remove else None)
        box.finished.connect(box.deleteLater)
        box.open()

    def _do_remove(self, info: CollectionInfo) -> None:
        bring_back = Action(
            self.tr("Undo"), lambda: self._parts.bridge.run(lambda: self._parts.documents.restore(info.id))
        )
        what = self.tr("“{name}” is removed. Your files are untouched.").format(name=info.name)
        note = Note(what, severity="good", action=bring_back)
        self._parts.bridge.run(lambda: self._parts.documents.remove(info.id), lambda _none: self._parts.notify(note))


def _counts(info: CollectionInfo) -> tuple[int, ...]:
    return info.files, info.indexed, info.skipped, info.failed, info.missing, info.chunks
