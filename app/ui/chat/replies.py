"""Asking and answering: questions that are sent, replies that are being written, in whichever conversation."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.chat.transcript import Message
from app.core.errors import SatchelError
from app.services.events import (
    Event,
    EvidenceFound,
    MessageAdded,
    MessageFinished,
    PromptRead,
    ReplyStep,
    TextArrived,
)
from app.ui.bridge import Bridge
from app.ui.chat.announcer import Announcer
from app.ui.chat.chat_list import ChatList
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.live import LiveReply
from app.ui.chat.services import Conversations

_OfReply = EvidenceFound | ReplyStep | PromptRead | TextArrived


class Replies(QObject):
    """Sends and stops, and shows in ``pane`` what comes for the conversation that is open."""

    def __init__(self, bridge: Bridge, session: Conversations, chats: ChatList, pane: ConversationPane) -> None:
        super().__init__()
        self._bridge, self._session, self._chats, self._pane = bridge, session, chats, pane
        self.live: dict[int, LiveReply] = {}
        """Replies that are being written, by message id."""
        self._sending: set[int] = set()
        self._stopping: set[int] = set()
        self.announcer = Announcer(pane)
        bridge.happened.connect(self._happened)
        chats.switched.connect(self._show_busy)

    # -- what a person does ---------------------------------------------------------------------------------------

    def send(self, text: str) -> None:
        """Ask in the conversation that is open."""
        self._pane.show_problem(None)
        self._chats.with_stored(lambda number: self._ask(number, lambda: self._session.send(number, text), text))

    def edit(self, message_id: int, text: str) -> None:
        """Ask a question again in other words."""
        number = self._chats.current
        if number is not None and not self.is_busy:
            self._pane.show_problem(None)
            self._ask(number, lambda: self._session.edit(number, message_id, text), text)

    def regenerate(self, use_documents: bool) -> None:
        """Answer the last question anew."""
        number = self._chats.current
        if number is not None and not self.is_busy:
            self._pane.show_problem(None)
            self._ask(number, lambda: self._session.regenerate(number, use_documents=use_documents), "")

    def stop(self) -> None:
        """Stop the reply that is being written here, if there is one."""
        number = self._chats.current
        if number is None or not self.is_busy:
            return
        for reply in self.live.values():
            if reply.message.conversation_id == number:
                self._stopping.add(reply.message.id)
                widget = self._pane.messages.reply(reply.message.id)
                if widget is not None:
                    widget.set_stopping()
        self._bridge.run(lambda: self._session.stop(number), None, self._pane.show_problem)

    @property
    def is_busy(self) -> bool:
        """Whether the conversation that is open is being answered."""
        number = self._chats.current
        return number in self._sending or any(r.message.conversation_id == number for r in self.live.values())

    def _ask(self, number: int, work: Callable[[], Message], text: str) -> None:
        self._sending.add(number)
        self._show_busy()

        def ended(error: SatchelError | None = None) -> None:
            self._sending.discard(number)
            self._show_busy()
            if error is not None and number == self._chats.current:
                self._pane.show_problem(error)
                self.announcer.problem(error)
                said = [message.text for message in self._pane.messages.messages if message.role == "user"]
                if text and text not in said[-1:] and not self._pane.composer.draft:
                    self._pane.composer.set_draft(text)

        self._bridge.run(work, lambda _: ended(), ended)

    def _show_busy(self) -> None:
        self._pane.composer.set_busy(self.is_busy)

    # -- what happens ---------------------------------------------------------------------------------------------

    def show_loading(self, words: str) -> None:
        """The model is being loaded: say so where a reply waits for it."""
        for reply in self.live.values():
            widget = self._pane.messages.reply(reply.message.id)
            if widget is not None and reply.phase not in ("searching", "waiting"):
                widget.set_waiting(words)

    def _happened(self, event: Event) -> None:
        match event:
            case MessageAdded(message):
                self._added(message)
            case EvidenceFound() | ReplyStep() | PromptRead() | TextArrived():
                self._goes_on(event)
            case MessageFinished(message):
                self._finished(message)
            case _:
                pass

    def _added(self, message: Message) -> None:
        if message.role == "assistant" and message.state == "streaming":
            self.live[message.id] = LiveReply(message)
        if message.conversation_id == self._chats.current:
            self._pane.messages.add(message)
            self._pane.show_messages()
            self._show_busy()

    def _goes_on(self, event: _OfReply) -> None:
        reply = self.live.get(event.message_id)
        if reply is None or event.message_id in self._stopping:
            return
        shown = event.conversation_id == self._chats.current
        widget = self._pane.messages.reply(event.message_id) if shown else None
        match event:
            case EvidenceFound():
                reply.set_evidence(event.evidence)
                if widget is not None:
                    widget.set_evidence(event.evidence)
                    self.announcer.evidence(event.evidence)
            case ReplyStep():
                reply.phase = event.phase
                if widget is not None:
                    widget.set_phase(event.phase)
            case PromptRead():
                reply.done, reply.total = event.done, event.total
                if widget is not None:
                    widget.set_prompt(event.done, event.total)
            case TextArrived():
                begins = not reply.message.text
                reply.add_text(event.text)
                if widget is not None:
                    widget.add_text(event.text)
                    if begins:
                        self.announcer.begins()

    def _finished(self, message: Message) -> None:
        self.live.pop(message.id, None)
        self._stopping.discard(message.id)
        if message.conversation_id == self._chats.current:
            self._pane.messages.finish(message)
            self._show_busy()
            self.announcer.finished(message)
