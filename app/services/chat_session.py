"""What a person does with conversations: ask, stop, ask again, keep, find and delete.

The question is committed before anything else happens. Calls are blocking and may come from any thread; two
conversations may ask at once, and then the model answers one after the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.chat.export import to_markdown
from app.chat.smalltalk import is_small_talk
from app.chat.transcript import ConversationSummary, Message, path_to
from app.core.errors import BusyError, SatchelError, StorageError
from app.inference.client import InferenceClient
from app.services.documents import DocumentLibrary
from app.services.events import ConversationsChanged, MessageAdded, MessageFinished, Publish
from app.services.loaded_model import LoadedModel
from app.services.reply import ReplyWriter
from app.services.turns import Run
from app.storage.conversations import Conversations
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)


class ChatSession:
    """All conversations of this home. Errors of all methods: StorageError, also for a conversation that is gone."""

    def __init__(
        self,
        conversations: Conversations,
        inference: InferenceClient,
        documents: DocumentLibrary,
        model: LoadedModel,
        settings: SettingsFile,
        publish: Publish,
    ) -> None:
        self._conversations = conversations
        self._publish = publish
        self._writer = ReplyWriter(conversations, inference, documents, model, settings, publish)
        self._lock = threading.Lock()
        self._runs: dict[int, Run] = {}
        self._closed = False
        self._made: set[int] = set()
        """Conversations of this run: those in which nothing is said until its end are not kept."""

    # -- the list ---------------------------------------------------------------------------------------------------

    def list_conversations(self, containing: str = "") -> list[ConversationSummary]:
        """The newest change first; only those with these words in the title or in a message."""
        return self._conversations.summaries(containing)

    def conversation(self, conversation_id: int) -> ConversationSummary:
        """One of them."""
        return self._conversations.get(conversation_id)

    def new_conversation(self) -> ConversationSummary:
        """An empty one."""
        made = self._conversations.create()
        self._made.add(made.id)
        self._publish(ConversationsChanged())
        return made

    def rename(self, conversation_id: int, title: str) -> None:
        """Give it a title; an empty one goes back to the first question's words."""
        self._conversations.rename(conversation_id, title)
        self._publish(ConversationsChanged())

    def delete(self, conversation_id: int) -> None:
        """Take it off the list, and stop its reply; :meth:`undelete` brings it back for 30 days."""
        self.stop(conversation_id)
        self._conversations.delete(conversation_id)
        self._publish(ConversationsChanged())

    def undelete(self, conversation_id: int) -> None:
        """Put a deleted conversation back as it was."""
        self._conversations.undelete(conversation_id)
        self._publish(ConversationsChanged())

    def attach(self, conversation_id: int, collection_id: int) -> None:
        """Let a collection answer in this conversation."""
        self._conversations.attach(conversation_id, collection_id)
        self._publish(ConversationsChanged())

    def detach(self, conversation_id: int, collection_id: int) -> None:
        """The collection no longer answers here."""
        self._conversations.detach(conversation_id, collection_id)
        self._publish(ConversationsChanged())

    def draft(self, conversation_id: int) -> str:
        """What was typed and not sent."""
        return self._conversations.draft(conversation_id)

    def save_draft(self, conversation_id: int, text: str) -> None:
        """Keep what is typed; sending clears it."""
        self._conversations.save_draft(conversation_id, text)

    def drop_if_empty(self, conversation_id: int) -> None:
        """The person leaves it: nothing is kept of a conversation without message, draft, collection and title."""
        if self._conversations.drop_if_empty(conversation_id):
            self._publish(ConversationsChanged())

    # -- messages ---------------------------------------------------------------------------------------------------

    def messages(self, conversation_id: int) -> list[Message]:
        """The path that is shown, oldest first."""
        return self._conversations.path(conversation_id)

    def versions(self, message_id: int) -> list[Message]:
        """This message and those that stand beside it (other replies to the same question), oldest first."""
        message = self._conversations.message(message_id)
        tree = self._conversations.tree(message.conversation_id)
        return [other for other in tree if (other.parent_id, other.role) == (message.parent_id, message.role)]

    def version_ids(self, conversation_id: int) -> dict[int, tuple[int, ...]]:
        """For each message that has others beside it: the ids of all of them, oldest first."""
        return self._conversations.version_ids(conversation_id)

    def show_version(self, message_id: int) -> None:
        """Show the path through this message instead."""
        self._conversations.select(message_id)
        self._publish(ConversationsChanged())

    def send(self, conversation_id: int, text: str) -> Message:
        """Ask, and wait for the finished reply; what happens meanwhile is published.

        The reply is returned also when it failed, with the reason in ``problem``. Errors: BusyError when this
        conversation is still being answered; SatchelError for a blank text.
        """
        text = _sendable(text)
        return self._ask(conversation_id, lambda: self._conversations.add_question(conversation_id, text))

    def edit(self, conversation_id: int, message_id: int, text: str) -> Message:
        """Ask one of the questions again in other words; the old one stays as a version beside the new one, with all
        that followed it. Returns and errors: as :meth:`send`."""
        text = _sendable(text)
        question = self._conversations.message(message_id)
        assert (question.conversation_id, question.role) == (conversation_id, "user")
        return self._ask(conversation_id, lambda: self._conversations.add_version(question, text))

    def regenerate(self, conversation_id: int, *, use_documents: bool = True) -> Message:
        """Answer the last question anew; the reply before stays as a version beside it.

        Without ``use_documents`` the model answers from what it knows, and the reply says so. Errors: as :meth:`send`.
        """
        run = self._begin(conversation_id)
        try:
            path = self._conversations.path(conversation_id)
            question = next((message for message in reversed(path) if message.role == "user"), None)
            if question is None:
                raise SatchelError("There is no question to answer yet.", "", "Type one first.")
            return self._reply(question, run, use_documents=use_documents)
        finally:
            self._end(conversation_id, run)

    def stop(self, conversation_id: int) -> None:
        """End the reply under way, if there is one; returns at once."""
        with self._lock:
            run = self._runs.get(conversation_id)
        if run is not None:
            run.stop()

    def is_answering(self, conversation_id: int) -> bool:
        """Whether a reply is under way."""
        return conversation_id in self._runs

    def export_markdown(self, conversation_id: int) -> str:
        """The conversation as a Markdown text with numbered sources."""
        return to_markdown(self._conversations.get(conversation_id).title, self.messages(conversation_id))

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop all replies and wait until they are saved. Nothing can be sent any more, and what stayed empty goes."""
        with self._lock:
            self._closed = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop()
        for run in runs:
            run.done.wait(timeout_s)
        try:
            for made in self._made:
                self._conversations.drop_if_empty(made)
        except StorageError as error:  # a full disk: nobody is there to be told, and nothing is lost
            log.warning("Empty conversations stay: %s", error)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _begin(self, conversation_id: int) -> Run:
        with self._lock:
            if self._closed:
                raise BusyError("Satchel is closing.", "", "Start it again and ask then.")
            if conversation_id in self._runs:
                raise BusyError(
                    "This conversation is still being answered.", "", "Wait for the reply, or stop it, then send again."
                )
            run = self._runs[conversation_id] = Run()
            return run

    def _end(self, conversation_id: int, run: Run) -> None:
        with self._lock:
            self._runs.pop(conversation_id, None)
        run.done.set()

    def _ask(self, conversation_id: int, commit: Callable[[], Message]) -> Message:
        run = self._begin(conversation_id)
        try:
            question = commit()
            self._publish(MessageAdded(question))
            self._publish(ConversationsChanged())
            return self._reply(question, run)
        finally:
            self._end(conversation_id, run)

    def _reply(self, question: Message, run: Run, *, use_documents: bool = True) -> Message:
        collections = self._conversations.get(question.conversation_id).collection_ids
        reply = self._conversations.add_reply(question, without_documents=bool(collections) and not use_documents)
        self._publish(MessageAdded(reply))
        path = path_to(question.id, self._conversations.tree(question.conversation_id))
        if not use_documents or is_small_talk(question.text):
            collections = ()
        finished = self._writer.write(reply, path, collections, run)
        self._publish(MessageFinished(finished))
        self._publish(ConversationsChanged())
        return finished


def _sendable(text: str) -> str:
    if not text.strip():
        raise SatchelError("There is nothing to send.", "", "Type a question first.")
    return text.encode(errors="replace").decode()  # a clipboard can hold half of a character; a database cannot
