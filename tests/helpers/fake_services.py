"""A chat session without a model, with the real one's methods and events: for the window's tests and screenshots."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.chat.sources import CheckedSentence, Evidence
from app.chat.transcript import ConversationSummary, Message, RunFigures, path_to
from app.core.errors import SatchelError
from app.services.events import (
    ConversationsChanged,
    EvidenceFound,
    MessageAdded,
    MessageFinished,
    PromptRead,
    Publish,
    TextArrived,
)

FIGURES = RunFigures(
    prompt_tokens=412, cached_tokens=380, completion_tokens=121, first_token_s=0.18, prompt_s=0.16, decode_s=2.4
)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Script:
    """What the next reply is: its pieces arrive one by one. ``problem``: raised instead of an answer."""

    pieces: Sequence[str] = ("It is ", "an *answer*.")
    evidence: Evidence | None = None
    checks: tuple[CheckedSentence, ...] = ()
    prompt_tokens: int = 0
    problem: SatchelError | None = None
    hold: threading.Event | None = None
    """When set, the reply waits for it after its first piece; ``stop`` ends the wait."""


@dataclass
class _Conversation:
    summary: ConversationSummary
    tree: list[Message] = field(default_factory=list)
    leaf: int | None = None
    deleted: bool = False

    @property
    def messages(self) -> list[Message]:
        return path_to(self.leaf, self.tree)

    def add(self, message: Message) -> None:
        self.tree.append(message)
        self.leaf = message.id

    def put(self, message: Message) -> None:
        self.tree = [message if each.id == message.id else each for each in self.tree]


class FakeChatSession:
    """Conversations in memory. Thread-safe enough for the bridge's pool: each call does one thing."""

    def __init__(self, publish: Publish, model: str = "SmolLM2 135M Instruct") -> None:
        self._publish = publish
        self._model = model
        self._ids = itertools.count(1)
        self._conversations: dict[int, _Conversation] = {}
        self._stops: dict[int, threading.Event] = {}
        self._drafts: dict[int, str] = {}
        self.script = Script()
        self.calls: list[tuple[object, ...]] = []

    # -- for tests ------------------------------------------------------------------------------------------------

    def add(
        self,
        title: str,
        texts: Sequence[str] = (),
        age: timedelta = timedelta(),
        collection_ids: tuple[int, ...] = (),
        **reply: object,
    ) -> int:
        """A stored conversation: questions and answers in turn. ``reply``: changes of the last message."""
        number = next(self._ids)
        summary = ConversationSummary(number, title, NOON - age, collection_ids)
        entry = self._conversations[number] = _Conversation(summary)
        for index, text in enumerate(texts):
            entry.add(self._message(number, "assistant" if index % 2 else "user", text))
        if reply and entry.tree:
            entry.put(replace(entry.tree[-1], **reply))  # type: ignore[arg-type]
        return number

    def extend(self, conversation_id: int, question: str, answer: str, **reply: object) -> None:
        """One more question and its answer. ``reply``: changes of the answer."""
        entry = self._conversations[conversation_id]
        entry.add(self._message(conversation_id, "user", question))
        entry.add(replace(self._message(conversation_id, "assistant", answer), **reply))  # type: ignore[arg-type]

    def add_version(self, conversation_id: int, answer: str, **reply: object) -> None:
        """Another answer to the last question, which is shown now. ``reply``: changes of it."""
        entry = self._conversations[conversation_id]
        made = self._message(conversation_id, "assistant", answer, entry.messages[-1].parent_id)
        entry.add(replace(made, **reply))  # type: ignore[arg-type]

    def title(self, conversation_id: int) -> str:
        """The stored title."""
        return self._conversations[conversation_id].summary.title

    # -- the session's methods --------------------------------------------------------------------------------------

    def list_conversations(self, containing: str = "") -> list[ConversationSummary]:
        kept = [entry for entry in self._conversations.values() if not entry.deleted]
        found = [replace(entry.summary, leaf_id=entry.leaf) for entry in kept]
        found = [summary for summary in found if containing.casefold() in summary.title.casefold()]
        return sorted(found, key=lambda summary: (summary.updated_at, summary.id), reverse=True)

    def new_conversation(self) -> ConversationSummary:
        number = self.add("New conversation")
        self._publish(ConversationsChanged())
        return self._conversations[number].summary

    def rename(self, conversation_id: int, title: str) -> None:
        self._change(conversation_id, title=title)

    def delete(self, conversation_id: int) -> None:
        self._conversations[conversation_id].deleted = True
        self._publish(ConversationsChanged())

    def undelete(self, conversation_id: int) -> None:
        self._conversations[conversation_id].deleted = False
        self._publish(ConversationsChanged())

    def drop_if_empty(self, conversation_id: int) -> None:
        entry = self._conversations[conversation_id]
        there = entry.tree or self._drafts.get(conversation_id) or entry.summary.collection_ids
        if not there and entry.summary.title == "New conversation":
            del self._conversations[conversation_id]
            self._publish(ConversationsChanged())

    def messages(self, conversation_id: int) -> list[Message]:
        return self._conversations[conversation_id].messages

    def version_ids(self, conversation_id: int) -> dict[int, tuple[int, ...]]:
        tree = self._conversations[conversation_id].tree
        beside = {each.id: tuple(other.id for other in tree if other.parent_id == each.parent_id) for each in tree}
        return {number: ids for number, ids in beside.items() if len(ids) > 1}

    def show_version(self, message_id: int) -> None:
        self.calls.append(("show_version", message_id))
        entry = next(e for e in self._conversations.values() if any(m.id == message_id for m in e.tree))
        leaf, last = message_id, {message.parent_id: message.id for message in entry.tree}
        while leaf in last:
            leaf = last[leaf]
        entry.leaf = leaf
        self._publish(ConversationsChanged())

    def draft(self, conversation_id: int) -> str:
        return self._drafts.get(conversation_id, "")

    def save_draft(self, conversation_id: int, text: str) -> None:
        self._drafts[conversation_id] = text

    def attach(self, conversation_id: int, collection_id: int) -> None:
        have = self._conversations[conversation_id].summary.collection_ids
        self._change(conversation_id, collection_ids=(*have, collection_id))

    def detach(self, conversation_id: int, collection_id: int) -> None:
        have = self._conversations[conversation_id].summary.collection_ids
        self._change(conversation_id, collection_ids=tuple(each for each in have if each != collection_id))

    def send(self, conversation_id: int, text: str) -> Message:
        self.calls.append(("send", conversation_id, text))
        if self.script.problem is not None:
            raise self.script.problem
        entry = self._conversations[conversation_id]
        question = self._message(conversation_id, "user", text)
        entry.add(question)
        if entry.summary.title == "New conversation":
            self._change(conversation_id, title=text[:48])
        self._publish(MessageAdded(question))
        return self._reply(entry)

    def edit(self, conversation_id: int, message_id: int, text: str) -> Message:
        self.calls.append(("edit", conversation_id, message_id, text))
        entry = self._conversations[conversation_id]
        old = next(message for message in entry.tree if message.id == message_id)
        question = self._message(conversation_id, "user", text, old.parent_id)
        entry.add(question)
        self._publish(MessageAdded(question))
        return self._reply(entry)

    def regenerate(self, conversation_id: int, *, use_documents: bool = True) -> Message:
        self.calls.append(("regenerate", conversation_id, use_documents))
        entry = self._conversations[conversation_id]
        last = entry.messages[-1]
        entry.leaf = last.parent_id if last.role == "assistant" else last.id
        return self._reply(entry, without_documents=not use_documents)

    def stop(self, conversation_id: int) -> None:
        self.calls.append(("stop", conversation_id))
        stopped = self._stops.get(conversation_id)
        if stopped is not None:
            stopped.set()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _reply(self, entry: _Conversation, *, without_documents: bool = False) -> Message:
        number, script = entry.summary.id, self.script
        stopped = self._stops[number] = threading.Event()
        reply = self._message(number, "assistant", "")
        reply = replace(reply, state="streaming", without_documents=without_documents)
        entry.add(reply)
        self._publish(MessageAdded(reply))
        if script.evidence is not None:
            self._publish(EvidenceFound(number, reply.id, script.evidence))
        if script.prompt_tokens:
            self._publish(PromptRead(number, reply.id, script.prompt_tokens // 2, script.prompt_tokens))
        text = ""
        for piece in script.pieces:
            text += piece
            self._publish(TextArrived(number, reply.id, piece))
            while script.hold is not None and not script.hold.wait(0.01) and not stopped.is_set():
                pass
            if stopped.is_set():
                break
        finished = replace(
            reply,
            text=text,
            state="stopped" if stopped.is_set() else "complete",
            evidence=script.evidence,
            checks=script.checks,
            figures=FIGURES,
        )
        entry.put(finished)
        self._publish(MessageFinished(finished))
        return finished

    def _message(self, conversation_id: int, role: str, text: str, parent_id: int | None = -1) -> Message:
        entry = self._conversations[conversation_id]
        return Message(
            id=next(self._ids),
            conversation_id=conversation_id,
            parent_id=entry.leaf if parent_id == -1 else parent_id,
            role="assistant" if role == "assistant" else "user",
            text=text,
            state="complete",
            created_at=NOON,
            model=self._model if role == "assistant" else "",
        )

    def _change(self, conversation_id: int, **changes: object) -> None:
        entry = self._conversations[conversation_id]
        entry.summary = replace(entry.summary, **changes)  # type: ignore[arg-type]
        self._publish(ConversationsChanged())
