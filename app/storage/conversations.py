"""Conversations on the disk: the list of them, and in each a tree of messages.

A question is committed before anything is done with it. A reply is there from its first moment in the state
"streaming", with the process that writes it as its owner; its text is saved as it grows. One whose owner is gone was
interrupted, and the next start says so (:meth:`Conversations.close_interrupted`). Owners, rather than "whatever streams
at start", because the window and the command line may use one database at once.
"""

from __future__ import annotations

import os
from dataclasses import replace

from app.chat.sources import Evidence
from app.chat.title import title_of
from app.chat.transcript import Message, path_to
from app.core.database import Database
from app.storage.conversation_table import ConversationTable, gone, now
from app.storage.owner import lives, process_mark
from app.storage.rows import MESSAGE, message_of, to_json

INTERRUPTED = (
    "Satchel ended while this reply was being written. What had arrived until then is shown. "
    "Ask again for a whole reply."
)


class Conversations(ConversationTable):
    """All conversations of one database. Safe from any thread.

    An id that does not exist raises StorageError: the person may have deleted it in another window meanwhile.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._owner = process_mark(os.getpid())

    def tree(self, conversation_id: int) -> list[Message]:
        """All messages, oldest first, those that are not shown now included."""
        rows = self._database.execute(f"{MESSAGE} WHERE conversation_id = ? ORDER BY id", (conversation_id,))
        return [message_of(row) for row in rows]

    def path(self, conversation_id: int) -> list[Message]:
        """The messages that are shown, oldest first."""
        return path_to(self.get(conversation_id).leaf_id, self.tree(conversation_id))

    def version_ids(self, conversation_id: int) -> dict[int, tuple[int, ...]]:
        """For each message that has others beside it: the ids of all of them, oldest first."""
        beside: dict[tuple[int | None, str], list[int]] = {}
        for message_id, parent_id, role in self._database.execute(
            "SELECT id, parent_id, role FROM messages WHERE conversation_id = ? ORDER BY id", (conversation_id,)
        ):
            beside.setdefault((parent_id, role), []).append(message_id)
        return {each: tuple(ids) for ids in beside.values() if len(ids) > 1 for each in ids}

    def message(self, message_id: int) -> Message:
        """One message."""
        rows = self._database.execute(f"{MESSAGE} WHERE id = ?", (message_id,))
        if not rows:
            raise gone("message")
        return message_of(rows[0])

    def add_question(self, conversation_id: int, text: str) -> Message:
        """Commit a question at the end of the path and clear the draft. On the disk when this returns."""
        with self._database.transaction():
            message = self._add(conversation_id, self.get(conversation_id).leaf_id, "user", text, "complete")
            self._database.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation_id,))
            self._database.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND title = ''", (title_of(text), conversation_id)
            )
        return message

    def add_version(self, question: Message, text: str) -> Message:
        """Commit a question beside another: a fork of the path, on which the conversation goes on."""
        with self._database.transaction():
            return self._add(question.conversation_id, question.parent_id, "user", text, "complete")

    def add_reply(self, question: Message, *, without_documents: bool = False) -> Message:
        """An empty reply to a question, in the state "streaming" and owned by this process."""
        with self._database.transaction():
            made = self._add(question.conversation_id, question.id, "assistant", "", "streaming", self._owner)
            if without_documents:
                self._database.execute("UPDATE messages SET without_documents = 1 WHERE id = ?", (made.id,))
            return replace(made, without_documents=without_documents)

    def save_text(self, message_id: int, text: str) -> None:
        """A streaming reply's text so far."""
        self._database.execute("UPDATE messages SET text = ? WHERE id = ?", (text, message_id))

    def save_evidence(self, message_id: int, evidence: Evidence) -> None:
        """What the documents said, as soon as it is known."""
        self._database.execute("UPDATE messages SET evidence = ? WHERE id = ?", (to_json(evidence), message_id))

    def finish(self, message: Message) -> None:
        """Save all of a reply that is no longer streaming."""
        with self._database.transaction():
            self._change(
                "UPDATE messages SET text = ?, state = ?, model = ?, problem = ?, left_out = ?, evidence = ?,"
                " checks = ?, figures = ?, owner = NULL WHERE id = ? RETURNING id",
                (
                    message.text,
                    message.state,
                    message.model,
                    message.problem,
                    message.left_out,
                    to_json(message.evidence),
                    to_json(message.checks or None),
                    to_json(message.figures),
                    message.id,
                ),
            )
            self._touch(message.conversation_id)

    def select(self, message_id: int) -> None:
        """Show the path through this message: on from it, the newest reply at each fork."""
        message = self.message(message_id)
        leaf, last = message.id, {m.parent_id: m.id for m in self.tree(message.conversation_id)}
        while leaf in last:
            leaf = last[leaf]
        self._database.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (leaf, message.conversation_id))

    def close_interrupted(self) -> int:
        """At start: replies whose writing process is gone become "interrupted", with words; returns how many."""
        rows = self._database.execute("SELECT id, owner FROM messages WHERE state = 'streaming'")
        gone = [message_id for message_id, owner in rows if not lives(owner or "")]
        for message_id in gone:
            self._database.execute(
                "UPDATE messages SET state = 'interrupted', problem = ?, owner = NULL"
                " WHERE id = ? AND state = 'streaming'",
                (INTERRUPTED, message_id),
            )
        return len(gone)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _add(
        self, conversation_id: int, parent_id: int | None, role: str, text: str, state: str, owner: str | None = None
    ) -> Message:
        message_id = self._database.insert(
            "INSERT INTO messages(conversation_id, parent_id, role, text, state, created_at, owner)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (conversation_id, parent_id, role, text, state, now(), owner),
        )
        self._database.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (message_id, conversation_id))
        self._touch(conversation_id)
        return self.message(message_id)
