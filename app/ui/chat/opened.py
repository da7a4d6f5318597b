"""The conversation that is open, as it is read: its messages, their versions, and what was typed and not sent."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.chat.transcript import Message
from app.services.events import Event, MessageAdded
from app.ui.bridge import Bridge
from app.ui.chat.chat_list import ChatList
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.replies import Replies
from app.ui.chat.services import Conversations

Versions = dict[int, tuple[int, ...]]


class Opened(QObject):
    """Reads when another conversation is opened, and shows it in ``pane``."""

    def __init__(
        self, bridge: Bridge, session: Conversations, chats: ChatList, pane: ConversationPane, replies: Replies
    ) -> None:
        super().__init__()
        self._bridge, self._session, self._chats, self._pane, self._replies = bridge, session, chats, pane, replies
        self._new_draft = ""
        """What is typed for a conversation that is not stored yet."""
        pane.composer.drafted.connect(self.keep_draft)
        chats.leaving.connect(self._leave)
        chats.switched.connect(self._switched)
        bridge.happened.connect(self._happened)

    def keep_draft(self) -> None:
        """Save what is typed."""
        number, text = self._chats.current, self._pane.composer.draft
        if number is None:
            self._new_draft = text
        else:
            self._bridge.run(lambda: self._session.save_draft(number, text), None, self._pane.show_problem)

    def _leave(self) -> None:
        """Save what is typed; a conversation in which nothing is and nothing comes is not kept."""
        number, text = self._chats.current, self._pane.composer.draft
        if number is None or text or self._chats.in_use(number):
            self.keep_draft()
            return

        def leave() -> None:
            self._session.save_draft(number, "")
            self._session.drop_if_empty(number)

        self._bridge.run(leave, None, self._pane.show_problem)

    def show_version(self, message_id: int) -> None:
        """Show the path through another version of a message."""
        number = self._chats.current
        if number is None:
            return

        def read() -> tuple[list[Message], Versions]:
            self._session.show_version(message_id)
            return self._session.messages(number), self._session.version_ids(number)

        def show(found: tuple[list[Message], Versions]) -> None:
            if number == self._chats.current:
                messages, versions = found
                self._pane.messages.show_path(messages, versions, message_id)

        self._bridge.run(read, show, self._pane.show_problem)

    def _switched(self) -> None:
        composer = self._pane.composer
        composer.stop_editing()
        composer.set_draft(self._new_draft if self._chats.current is None else "")
        self._pane.show_problem(None)
        self._pane.messages.set_messages([], self._replies.live)
        if self._chats.current is None:
            self._pane.show_empty()
        else:
            self._read(self._chats.current)

    def _read(self, number: int) -> None:
        self._pane.show_opening()

        def show(found: tuple[list[Message], Versions, str]) -> None:
            if number != self._chats.current:
                return
            messages, versions, draft = found
            self._pane.messages.set_messages(messages, self._replies.live, versions)
            if messages:
                self._pane.show_messages()
            else:
                self._pane.show_empty()
            if draft and not self._pane.composer.draft:
                self._pane.composer.set_draft(draft)

        self._bridge.run(
            lambda: (self._session.messages(number), self._session.version_ids(number), self._session.draft(number)),
            show,
            self._pane.show_problem,
        )

    def _happened(self, event: Event) -> None:
        if not isinstance(event, MessageAdded) or event.message.conversation_id != self._chats.current:
            return
        number = event.message.conversation_id

        def show(versions: Versions) -> None:
            if number == self._chats.current:
                self._pane.messages.set_versions(versions)

        self._bridge.run(lambda: self._session.version_ids(number), show, self._pane.show_problem)
