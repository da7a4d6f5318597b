"""The chat page: conversations, the conversation that is open, and the source that is looked at.

It puts its parts together; each of them knows one thing (which conversation is open, which replies are being written,
which model answers) and reaches the services through the bridge.
"""

from __future__ import annotations

from PySide6.QtCore import QSettings, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.bridge import Bridge
from app.ui.chat.arrangement import Arrangement
from app.ui.chat.attached import Attached, Sources
from app.ui.chat.chat_list import ChatList
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.intents import Intents
from app.ui.chat.model_status import ModelStatus
from app.ui.chat.opened import Opened
from app.ui.chat.replies import Replies
from app.ui.chat.reply import ReplyMessage
from app.ui.chat.services import Conversations, Documents, Models
from app.ui.chat.sidebar import Sidebar
from app.ui.chat.source_pane import SourcePane
from app.ui.theme import Theme
from app.ui.widgets.basic import column


class ChatPage(QWidget):
    """See the module.

    Signals: ``open_models_page``; ``open_documents_page(collection_id)``; ``undo_offered(text, undo)``: something was
    deleted and calling ``undo`` brings it back.
    """

    open_models_page = Signal()
    open_documents_page = Signal(int)
    undo_offered = Signal(str, object)

    def __init__(
        self,
        theme: Theme,
        bridge: Bridge,
        session: Conversations,
        documents: Documents,
        models: Models,
        state: QSettings | None = None,
    ) -> None:
        """``state``: where the window keeps how it looks; None forgets widths and what is hidden."""
        super().__init__()
        self.setObjectName("chat")
        self.intents = Intents()
        self.sidebar = Sidebar(theme)
        self.pane = ConversationPane(theme, self.intents, lambda: self.model_status.library)
        self.source = SourcePane(theme)
        self.arrangement = Arrangement(self.sidebar, self.pane, self.source, state)
        column(self.arrangement, parent=self)
        self._chats = ChatList(bridge, session, self.sidebar, self.pane.show_problem)
        self.replies = Replies(bridge, session, self._chats, self.pane)
        self._opened = Opened(bridge, session, self._chats, self.pane, self.replies)
        self.model_status = ModelStatus(bridge, models, self.pane, self.replies)
        self._attached = Attached(bridge, session, documents, self._chats, self.pane)
        self._sources = Sources(bridge, documents, self.source, self.arrangement)
        self.setFocusProxy(self.pane.composer.input)
        self._wire(bridge)
        self.pane.show_empty()
        self._chats.refresh()

    # -- what others may ask ------------------------------------------------------------------------------------------

    @property
    def conversation_id(self) -> int | None:
        """The conversation that is open; None for a new one in which nothing was said."""
        return self._chats.current

    def new_conversation(self) -> None:
        """Show a new conversation. It is stored when something is said or attached in it."""
        self._chats.open(None)
        self.pane.composer.input.setFocus()

    def open(self, conversation_id: int) -> None:
        """Show a conversation."""
        self._chats.open(conversation_id)

    def attach_collection(self, collection_id: int) -> None:
        """Answer from this collection in the conversation that is open."""
        self._attached.attach(collection_id)
        self.pane.composer.input.setFocus()

    def ask_about(self, collection_id: int) -> None:
        """Show a conversation that answers from this collection and in which nothing was said yet."""
        there = self._chats.unwritten_about(collection_id)
        if there is not None:
            self.open(there)
        else:
            self.new_conversation()
            self.attach_collection(collection_id)
        self.pane.composer.input.setFocus()

    def focus_search(self) -> None:
        """Let the person type what to look for among the conversations."""
        self.arrangement.show_sidebar()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def stop(self) -> None:
        """Stop the reply that is being written here, if there is one."""
        self.replies.stop()
        self.pane.composer.input.setFocus()

    def close_source(self) -> None:
        """Close the source pane."""
        if self._sources.close():
            self.pane.composer.input.setFocus()

    def copy_last_reply(self) -> None:
        """Put the last answer on the clipboard, as Markdown."""
        replies = [w for w in self.pane.messages.widgets if isinstance(w, ReplyMessage) and w.message.text]
        if replies:
            replies[-1].tools.copy.click()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.pane.composer.input.setFocus()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _wire(self, bridge: Bridge) -> None:
        header, composer, intents = self.pane.header, self.pane.composer, self.intents
        bridge.happened.connect(self._chats.happened)
        self._chats.undo_offered.connect(self.undo_offered)
        self.sidebar.new_requested.connect(self.new_conversation)
        self.sidebar.collapse_requested.connect(self.arrangement.hide_sidebar)
        self.arrangement.sidebar_shown.connect(header.show_sidebar.setHidden)
        header.show_sidebar.setHidden(not self.sidebar.isHidden())
        header.sidebar_requested.connect(self.arrangement.show_sidebar)
        header.models_page_requested.connect(self.open_models_page)
        header.collection_clicked.connect(self.open_documents_page)
        composer.sent.connect(self.replies.send)
        composer.edited.connect(self.replies.edit)
        composer.stop_requested.connect(self.stop)
        self.pane.empty.example_chosen.connect(self._use_example)
        intents.source_requested.connect(self._sources.open)
        intents.link_clicked.connect(lambda address: QDesktopServices.openUrl(QUrl(address)))
        intents.regenerate_requested.connect(self.replies.regenerate)
        intents.version_requested.connect(self._opened.show_version)
        intents.edit_requested.connect(composer.edit)
        self.source.closed.connect(self.close_source)
        copy = QShortcut(QKeySequence("Ctrl+Shift+C"), self)
        copy.activated.connect(self.copy_last_reply)

    def _use_example(self, text: str) -> None:
        self.pane.composer.set_draft(text)
        self.pane.composer.input.setFocus()
