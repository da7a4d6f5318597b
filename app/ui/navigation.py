"""The ways to every place in the window: from the rail, the keyboard, a notice, or another page.

Pages do not know each other. What one of them asks for elsewhere ends here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtWidgets import QApplication, QStackedWidget

from app.ui.notices import Notices
from app.ui.pages import Pages
from app.ui.rail import Page, Rail

if TYPE_CHECKING:
    from app.ui.intake import Intake
    from app.ui.parts import Parts


class Navigation(QObject):
    """See the module. There is one once the services are open; the rail says which page is shown."""

    def __init__(
        self, parts: Parts, intake: Intake, rail: Rail, notices: Notices, stack: QStackedWidget, state: QSettings
    ) -> None:
        super().__init__(stack)
        self._parts, self._rail, self._notices, self._stack = parts, rail, notices, stack
        self._welcoming = False
        self.pages = Pages(parts, intake, self, stack, state)
        rail.chosen.connect(self.go)
        rail.offline_clicked.connect(self.show_network)
        intake.collection_made.connect(self.attach)

    # -- places -----------------------------------------------------------------------------------------------------

    def go(self, page: Page) -> None:
        """Show a page."""
        self._welcoming = False
        self._rail.show_page(page)
        shown = self.pages.get(page)
        changed = self._stack.currentWidget() is not shown
        self._stack.setCurrentWidget(shown)
        focused = QApplication.focusWidget()
        if changed and (focused is None or not self._rail.isAncestorOf(focused)):
            shown.setFocus(Qt.FocusReason.OtherFocusReason)  # who walks the rail by keyboard stays there
        self._notices.set_room(self.pages.chat.pane.notice_room if page == "chat" else None)

    def show_welcome(self) -> None:
        """Show the page of the first start."""
        self._rail.show_page("chat")
        self._stack.setCurrentWidget(self.pages.welcome)
        self.pages.welcome.setFocus(Qt.FocusReason.OtherFocusReason)  # Enter does what the page is for
        self._welcoming = True

    def leave_welcome(self) -> None:
        """Show the chat if this turns out to be no first start."""
        if self._welcoming:
            self.go("chat")

    def show_model(self, model_id: int) -> None:
        """Show a model of the library."""
        self.pages.models.select(model_id)
        self.go("models")

    def show_downloads(self) -> None:
        """Show what is being downloaded."""
        self.pages.models.show_view("downloads")
        self.go("models")

    def show_collection(self, collection_id: int) -> None:
        """Show a collection of documents."""
        self.go("documents")
        self.pages.documents.select(collection_id)

    def show_network(self) -> None:
        """Show the settings of the network."""
        self.go("settings")
        self.pages.settings.show_network()

    def search_conversations(self) -> None:
        """Let the person type what to look for among the conversations."""
        self.go("chat")
        self.pages.chat.focus_search()

    # -- conversations ----------------------------------------------------------------------------------------------

    def start_chat(self) -> None:
        """Show the chat with a new conversation."""
        self.go("chat")
        self.pages.chat.new_conversation()

    def chat_with(self, model_id: int) -> None:
        """Load a model of the library as it is kept for it, and show a new conversation with it."""
        from app.ui.models.loading import load_model

        load_model(self._parts, model_id, None)
        self.start_chat()

    def attach(self, collection_id: int) -> None:
        """Answer from this collection in the conversation that is open."""
        self.go("chat")
        self.pages.chat.attach_collection(collection_id)

    def ask_about(self, collection_id: int) -> None:
        """Show a conversation that answers from this collection and in which nothing was said yet."""
        self.go("chat")
        self.pages.chat.ask_about(collection_id)

    # -- Esc --------------------------------------------------------------------------------------------------------

    def step_back(self) -> None:
        """Stop what is being written on the page that is shown, and close what is open beside it."""
        if self._welcoming:
            return
        match self._rail.page:
            case "chat":
                self.pages.chat.stop()
                self.pages.chat.close_source()
            case "documents":
                self.pages.documents.close_source()
            case "models":
                self.pages.models.close_details()
