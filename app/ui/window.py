"""The main window: the rail, a stack of pages built when they are first shown, notices and drops over them.

It is shown before any service is open; :meth:`MainWindow.open` gives it the services, :meth:`MainWindow.show_problem`
says why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QIcon,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.core.errors import SatchelError
from app.ui.bridge import Bridge
from app.ui.drop import Dropped
from app.ui.drop_zone import DropZone, TextDrops, leave_drops
from app.ui.notices import Action, Note, Notices
from app.ui.opening import Opening
from app.ui.rail import PAGES, Memory, Page, Rail
from app.ui.theme import RESOURCES, Theme

if TYPE_CHECKING:
    from app.chat.transcript import ConversationSummary
    from app.knowledge.protocol import CollectionInfo
    from app.services.events import Event
    from app.ui.chat.page import ChatPage
    from app.ui.intake import Intake
    from app.ui.models.page import ModelsPage
    from app.ui.parts import Parts
    from app.ui.settings.page import SettingsPage


class MainWindow(QMainWindow):
    """See the module. ``painted``: for the first time; ``closed``: the person closed it."""

    painted = Signal()
    closed = Signal()

    def __init__(
        self, theme: Theme, bridge: Bridge, read_memory: Callable[[], Memory], state_file: Path, logs: Path
    ) -> None:
        super().__init__()
        self._theme, self._bridge, self._logs = theme, bridge, logs
        self._state = QSettings(str(state_file), QSettings.Format.IniFormat)
        self._parts: Parts | None = None
        self._intake: Intake | None = None
        self._pages: dict[str, QWidget] = {}
        self._early: list[Dropped] = []
        self._was_painted = False
        self.setObjectName("window")
        self.setWindowTitle("Satchel")
        self.setWindowIcon(QIcon(str(RESOURCES / "satchel.svg")))
        self.setMinimumSize(720, 520)
        self.rail = Rail(theme, bridge, read_memory)
        self.rail.chosen.connect(self.go)
        self.rail.offline_clicked.connect(self.show_network)
        self._stack = QStackedWidget()
        self._stack.setObjectName("window.pages")
        self._opening = Opening(theme)
        self._stack.addWidget(self._opening)
        self._stack.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        body = DropZone(theme)
        body.dropped.connect(self.take)
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(body)
        self._stack.setFocus()  # not the rail: a ring around "Chat" at the start would mean nothing
        self.notices = Notices(theme, body)
        self.page: Page = "chat"
        bridge.happened.connect(self._happened)
        bridge.failed.connect(self.notices.show_error)
        self._make_shortcuts()
        self._restore()

    # -- services come and go ----------------------------------------------------------------------------------------

    def open(self, parts: Parts) -> None:
        """The services are there: show the conversations, or the first-start page when there is nothing yet."""
        from app.ui.intake import Intake
        from app.ui.pressure import PressureNotice

        self._parts = parts
        self._intake = Intake(parts, self.notices, self)
        self._intake.collection_made.connect(self._attach)
        self._watch_downloads(parts)
        PressureNotice(parts, self.notices, self)
        self.rail.show_offline(parts.connections.offline)

        def looked(conversations: Sequence[ConversationSummary]) -> None:
            self._opened(not conversations)
            # Also what starts the documents' worker, which goes on with what it had not finished.
            parts.bridge.run(parts.documents.collections, self._collections_known)

        parts.bridge.run(parts.chat.list_conversations, looked, self._opened_with_problem)

    def _watch_downloads(self, parts: Parts) -> None:
        from app.ui.models.downloads.watch import DownloadWatch

        watch = DownloadWatch(parts, self.rail, self)
        watch.chat_requested.connect(self.chat_with)
        watch.model_requested.connect(self._show_model)
        watch.downloads_requested.connect(self.show_downloads)

    def show_problem(self, error: SatchelError, retry: Callable[[], None]) -> None:
        """The services could not be opened: say why in the middle of the window."""
        self._opening.show_problem(error, retry, self._quit, self._show_logs)
        self._stack.setCurrentWidget(self._opening)

    def show_opening(self) -> None:
        """The services are being opened (again)."""
        self._opening.show_busy()
        self._stack.setCurrentWidget(self._opening)

    def _opened(self, nothing_yet: bool) -> None:
        if nothing_yet:
            self._show_welcome()
        else:
            self.go(self._remembered_page())
        early, self._early = self._early, []
        for dropped in early:
            self.take(dropped)

    def _collections_known(self, infos: Sequence[CollectionInfo]) -> None:
        if infos and self._stack.currentWidget() is self._pages.get("welcome"):
            self.go("chat")  # documents that came by the command line: this is not a first start

    def _opened_with_problem(self, error: SatchelError) -> None:
        self.notices.show_error(error)
        self._opened(False)

    # -- pages --------------------------------------------------------------------------------------------------------

    def go(self, page: str) -> None:
        """Show a page; before the services are open, only remember it."""
        self.page = _page(page)
        self.rail.show_page(self.page)
        if self._parts is None:
            return
        self._show(self._page_widget(self.page))

    def chat_page(self) -> ChatPage:
        """The chat page, built if need be. Only once the services are open."""
        page = self._page_widget("chat")
        return cast("ChatPage", page)

    def start_chat(self) -> None:
        """Show the chat with a new conversation."""
        if self._parts is not None:
            self.go("chat")
            self.chat_page().new_conversation()

    def _attach(self, collection_id: int) -> None:
        self.go("chat")
        self.chat_page().attach_collection(collection_id)

    def ask_about(self, collection_id: int) -> None:
        """A conversation that answers from this collection and in which nothing was said yet."""
        self.go("chat")
        self.chat_page().ask_about(collection_id)

    def chat_with(self, model_id: int) -> None:
        """Load a model of the library as it is kept for it, and show a new conversation with it."""
        from app.ui.models.loading import load_model

        parts = self._parts
        if parts is not None:
            load_model(parts, model_id, None)
            self.start_chat()

    def show_downloads(self) -> None:
        """Show what is being downloaded."""
        if self._parts is not None:
            self.models_page().show_view("downloads")
            self.go("models")

    def show_network(self) -> None:
        """Show the settings of the network."""
        if self._parts is not None:
            page = self._page_widget("settings")
            self.go("settings")
            cast("SettingsPage", page).show_network()

    def models_page(self) -> ModelsPage:
        """The Models page, built if need be. Only once the services are open."""
        page = self._page_widget("models")
        return cast("ModelsPage", page)

    def _show_model(self, model_id: int) -> None:
        self.models_page().select(model_id)
        self.go("models")

    def _show(self, widget: QWidget) -> None:
        changed = self._stack.currentWidget() is not widget
        self._stack.setCurrentWidget(widget)
        focused = QApplication.focusWidget()
        if changed and (focused is None or not self.rail.isAncestorOf(focused)):
            widget.setFocus(Qt.FocusReason.OtherFocusReason)  # who walks the rail by keyboard stays there
        in_chat = widget is self._pages.get("chat")
        self.notices.set_room(self.chat_page().pane.notice_room if in_chat else None)

    def _show_welcome(self) -> None:
        from app.ui.welcome import WelcomePage

        assert self._parts is not None and self._intake is not None
        welcome = WelcomePage(self._parts)
        welcome.start_chatting.connect(self._leave_welcome)
        welcome.folder_chosen.connect(lambda path: self.take(Dropped.of_paths([path])))
        self._stack.addWidget(welcome)
        self._pages["welcome"] = welcome
        self.page = "chat"
        self.rail.show_page("chat")
        self._stack.setCurrentWidget(welcome)

    def _leave_welcome(self) -> None:
        self.start_chat()

    def _page_widget(self, page: Page) -> QWidget:
        found = self._pages.get(page)
        if found is None:
            found = self._pages[page] = self._build(page)
            leave_drops(found)
            if page == "chat":
                TextDrops(cast("ChatPage", found).pane.composer.input)
            self._stack.addWidget(found)
        return found

    def _build(self, page: Page) -> QWidget:
        parts = self._parts
        assert parts is not None and self._intake is not None
        intake = self._intake
        match page:
            case "chat":
                from app.ui.chat.page import ChatPage
                from app.ui.settings.enter_key import EnterKey

                chat = ChatPage(parts.theme, parts.bridge, parts.chat, parts.documents, parts.models, self._state)
                chat.open_models_page.connect(lambda: self.go("models"))
                chat.open_documents_page.connect(self._show_collection)
                chat.undo_offered.connect(self._offer_undo)
                EnterKey(chat.pane.composer.input, lambda: parts.settings.current.chat.send_on_enter)
                return chat
            case "models":
                from app.ui.models.page import ModelsPage

                models = ModelsPage(parts)
                models.files_chosen.connect(lambda paths: intake.take(Dropped.of_paths(paths)))
                models.settings_requested.connect(self.show_network)
                models.chat_requested.connect(self.chat_with)
                intake.model_added.connect(models.select)
                return models
            case "documents":
                from app.ui.documents.page import DocumentsPage

                documents = DocumentsPage(parts)
                documents.paths_chosen.connect(intake.add_documents)
                documents.ask_about.connect(self.ask_about)
                return documents
            case "settings":
                from app.ui.settings.page import SettingsPage

                return SettingsPage(parts)

    def _offer_undo(self, text: str, undo: Callable[[], None]) -> None:
        self.notices.show_note(Note(text, action=Action(self.tr("Undo"), undo)))

    def _show_collection(self, collection_id: int) -> None:
        self.go("documents")
        self._pages["documents"].select(collection_id)  # type: ignore[attr-defined]

    # -- what comes from outside -----------------------------------------------------------------------------------

    def take(self, dropped: Dropped) -> None:
        """Add what was dropped; before the services are open it waits for them."""
        if not dropped:
            return
        if self._intake is None:
            self._early.append(dropped)
            return
        self._intake.take(dropped)

    def notify(self, note: Note) -> None:
        """Show a notice."""
        self.notices.show_note(note)

    def come_forward(self) -> None:
        """Be in front of other windows."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def tell_crash(self, last_line: str) -> None:
        """An error nobody expected: say so; what people made is saved already."""
        self.notices.show_note(
            Note(
                self.tr("Something went wrong inside Satchel."),
                last_line,
                self.tr("Your conversations are saved and you can go on. The log has the details."),
                "error",
                Action(self.tr("Show the log"), self._show_logs),
            )
        )

    def _show_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._logs)))

    def _happened(self, event: Event) -> None:
        from app.services.events import ConnectionsChanged, NoticeRaised

        if isinstance(event, NoticeRaised):
            self.notices.show_note(Note.of_event(event))
        elif isinstance(event, ConnectionsChanged) and self._parts is not None:
            self.rail.show_offline(self._parts.connections.offline)

    # -- Qt --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._state.setValue("geometry", self.saveGeometry())
        self._state.setValue("page", self.page)
        self._state.sync()
        self.closed.emit()
        super().closeEvent(event)

    def _restore(self) -> None:
        geometry = self._state.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 800)

    def _remembered_page(self) -> Page:
        return _page(str(self._state.value("page", "chat")))

    def _make_shortcuts(self) -> None:
        def add(keys: str, do: Callable[[], None]) -> None:
            QShortcut(QKeySequence(keys), self).activated.connect(do)

        for number, page in enumerate(PAGES, 1):
            add(f"Ctrl+{number}", partial(self.go, page))
        add("Ctrl+,", lambda: self.go("settings"))
        add("Ctrl+N", self.start_chat)
        add("Ctrl+K", self._focus_search)
        add("Ctrl+Q", self._quit)
        add("Esc", self._escape)

    def _quit(self) -> None:
        self.close()

    def _focus_search(self) -> None:
        if self._parts is not None:
            self.go("chat")
            self.chat_page().focus_search()

    def _escape(self) -> None:
        shown = self._stack.currentWidget()
        if self._parts is None or shown is None:
            return
        if shown is self._pages.get("chat"):
            self.chat_page().stop()
            self.chat_page().close_source()
        elif shown is self._pages.get("documents"):
            shown.close_source()  # type: ignore[attr-defined]
        elif shown is self._pages.get("models"):
            self.models_page().close_details()


def _page(name: str) -> Page:
    return next((page for page in PAGES if page == name), "chat")
