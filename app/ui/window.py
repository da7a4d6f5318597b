"""The main window: the rail, a stack of pages, notices over them, and what comes to it from outside.

It is shown before any service is open; :meth:`MainWindow.open` gives it the services, :meth:`MainWindow.show_problem`
says why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QPushButton, QStackedWidget, QToolButton

from app.core.errors import SatchelError
from app.ui.bridge import Bridge
from app.ui.drop import Dropped
from app.ui.drop_zone import DropZone
from app.ui.navigation import Navigation
from app.ui.notices import Notices
from app.ui.opening import Opening
from app.ui.rail import PAGES, Memory, Page, Rail
from app.ui.reports import Reports
from app.ui.shortcuts import add_shortcut, add_shortcuts
from app.ui.theme import RESOURCES, Theme
from app.ui.widgets.basic import row
from app.ui.widgets.dialogs import LAST_FOLDER
from app.ui.widgets.placement import centre_on_screen, keep_on_screen, room_on_screen

if TYPE_CHECKING:
    from app.chat.transcript import ConversationSummary
    from app.knowledge.protocol import CollectionInfo
    from app.ui.intake import Intake
    from app.ui.parts import Parts


ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
FIRST_SIZE, SMALLEST = QSize(1280, 800), QSize(720, 520)
"""Where the screen is that large; at 200 %, that of a laptop is 683 x 384."""


class MainWindow(QMainWindow):
    """See the module. ``painted``: for the first time."""

    painted = Signal()

    def __init__(
        self, theme: Theme, bridge: Bridge, read_memory: Callable[[], Memory], state_file: Path, logs: Path
    ) -> None:
        super().__init__()
        self._state = QSettings(str(state_file), QSettings.Format.IniFormat)
        self._intake: Intake | None = None
        self._early: list[Dropped] = []
        self._was_painted = False
        self.navigation: Navigation | None = None
        """The ways to the pages, once the services are open."""
        self.setObjectName("window")
        self.setWindowTitle("Satchel")
        self.setWindowIcon(QIcon(str(RESOURCES / "satchel.svg")))
        self.setMinimumSize(SMALLEST.boundedTo(room_on_screen(self).size()))
        self.rail = Rail(theme, bridge, read_memory)
        self._opening = Opening(theme)
        self._stack = QStackedWidget()
        self._stack.setObjectName("window.pages")
        self._stack.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._stack.addWidget(self._opening)
        body = DropZone(theme)
        body.dropped.connect(self.take)
        row(self.rail, self._stack, spacing=0, parent=body).setStretch(1, 1)
        self.setCentralWidget(body)
        self._stack.setFocus()  # not the rail: a ring around "Chat" at the start would mean nothing
        self.notices = Notices(theme, body)
        self.notices.left.connect(self._focus_page)
        self.reports = Reports(bridge, self.notices, logs)
        add_shortcut(self, "Ctrl+Q", self._quit)
        self._restore()

    # -- services come and go ----------------------------------------------------------------------------------------

    def open(self, parts: Parts) -> None:
        """The services are there: show the conversations, or the first-start page when there is nothing yet."""
        from app.ui.intake import Intake
        from app.ui.offline_mark import OfflineMark
        from app.ui.pressure import PressureNotice

        self._intake = Intake(parts, self.notices, self)
        ways = Navigation(parts, self._intake, self.rail, self.notices, self._stack, self._state)
        self.navigation = ways
        add_shortcuts(self, ways)
        OfflineMark(parts, self.rail, self)
        PressureNotice(parts, self.notices, self)
        self._watch_downloads(parts, ways)

        def looked(conversations: Sequence[ConversationSummary]) -> None:
            self._opened(ways, first_start=not conversations)
            # Also what starts the documents' worker, which goes on with what it had not finished.
            parts.bridge.run(parts.documents.collections, known)

        def known(collections: Sequence[CollectionInfo]) -> None:
            if collections:  # documents that came by the command line
                ways.leave_welcome()

        def failed(error: SatchelError) -> None:
            self.notices.show_error(error)
            self._opened(ways, first_start=False)

        parts.bridge.run(parts.chat.list_conversations, looked, failed)

    def _watch_downloads(self, parts: Parts, ways: Navigation) -> None:
        from app.ui.models.downloads.watch import DownloadWatch

        watch = DownloadWatch(parts, self.rail, self)
        watch.chat_requested.connect(ways.chat_with)
        watch.model_requested.connect(ways.show_model)
        watch.downloads_requested.connect(ways.show_downloads)

    def _opened(self, ways: Navigation, *, first_start: bool) -> None:
        if first_start:
            ways.show_welcome()
        else:
            ways.go(self.rail.page)
        early, self._early = self._early, []
        for dropped in early:
            self.take(dropped)

    def show_problem(self, error: SatchelError, retry: Callable[[], None]) -> None:
        """The services could not be opened: say why in the middle of the window."""
        self._opening.show_problem(error, retry, self._quit, self.reports.show_logs)
        self._stack.setCurrentWidget(self._opening)

    def show_opening(self) -> None:
        """The services are being opened (again)."""
        self._opening.show_busy()
        self._stack.setCurrentWidget(self._opening)

    # -- what comes from outside -----------------------------------------------------------------------------------

    def take(self, dropped: Dropped) -> None:
        """Add what was dropped; before the services are open it waits for them."""
        if not dropped:
            return
        if self._intake is None:
            self._early.append(dropped)
            return
        self._intake.take(dropped)

    def come_forward(self) -> None:
        """Be in front of other windows."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def _focus_page(self) -> None:
        shown = self._stack.currentWidget()
        if shown is not None:
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _quit(self) -> None:
        self.close()

    # -- Qt --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter clicks the button that has the focus, as it does on other systems; on bare X, only Space would."""
        focused = self.focusWidget()
        if event.key() in ENTER and isinstance(focused, (QPushButton, QToolButton)) and not event.isAutoRepeat():
            focused.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._state.setValue("geometry", self.saveGeometry())
        self._state.setValue("page", self.rail.page)
        self._state.setValue(LAST_FOLDER, self.property(LAST_FOLDER) or "")
        self._state.sync()
        super().closeEvent(event)

    def _restore(self) -> None:
        geometry = self._state.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            centre_on_screen(self, FIRST_SIZE)
        keep_on_screen(self)  # it may have been kept on a larger one
        self.setProperty(LAST_FOLDER, self._state.value(LAST_FOLDER))
        self.rail.show_page(_page(str(self._state.value("page", "chat"))))


def _page(name: str) -> Page:
    return next((page for page in PAGES if page == name), "chat")
