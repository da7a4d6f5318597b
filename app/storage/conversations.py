"""Conversations on the disk: trees of messages, what is attached to them, and what was typed and not sent.

A question is committed before anything is done with it. A reply is there from its first moment in the state
"streaming", with the process that writes it as its owner; its text is saved as it grows. One whose owner is gone was
interrupted, and the next start says so (:meth:`Conversations.close_interrupted`). Owners, rather than "whatever streams
at start", because the window and the command line may use one database at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.chat.sources import Evidence
from app.chat.title import title_of
from app.chat.transcript import ConversationSummary, Message, path_to
from app.core.database import Database
from app.core.errors import StorageError
from app.storage.owner import lives, process_mark
from app.storage.rows import MESSAGE, SUMMARY, message_of, summary_of, to_json

KEEP_DELETED = timedelta(days=30)
INTERRUPTED = (
    "Satchel ended while this reply was being written. What had arrived until then is shown. "
    "Ask again for a whole reply."
)


class Conversations:
    """All conversations of one database. Safe from any thread.

    An id that does not exist raises StorageError: the person may have deleted it in another window meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = process_mark(os.getpid())

    # -- the list -------------------------------------------------------------------------------------------------

    def summaries(self, containing: str = "") -> list[ConversationSummary]:
        """The newest change first; only those with this text in the title, or with words that begin like these in a
        message."""
        rows = self._database.query(f"{SUMMARY} WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC, c.id DESC")
        found = [summary_of(row) for row in rows]
        wanted = " ".join(containing.split()).casefold()
        if not wanted:
            return found
        talking = self._with_words(wanted)
        # Python's case folding: SQLite's lower() knows ASCII only.
        return [summary for summary in found if wanted in summary.title.casefold() or summary.id in talking]

    def _with_words(self, text: str) -> set[int]:
        if not (words := re.findall(r"\w+", text)):
            return set()
        rows = self._database.query(
            "SELECT DISTINCT m.conversation_id FROM message_words w JOIN messages m ON m.id = w.rowid"
            " WHERE message_words MATCH ?",
            (" ".join(f'"{word}"*' for word in words),),
        )
        return {conversation_id for (conversation_id,) in rows}

    def get(self, conversation_id: int) -> ConversationSummary:
        """One conversation, also a deleted one."""
        rows = self._database.execute(f"{SUMMARY} WHERE c.id = ?", (conversation_id,))
        if not rows:
            raise _gone()
        return summary_of(rows[0])

    def create(self) -> ConversationSummary:
        """A new, empty conversation."""
        now = _now()
        return self.get(
            self._database.insert("INSERT INTO conversations(created_at, updated_at) VALUES (?, ?)", (now, now))
        )

    def rename(self, conversation_id: int, title: str) -> None:
        """Give it a title; an empty one goes back to the first question's words."""
        title = " ".join(title.split())
        if not title:
            rows = self._database.execute(
                "SELECT text FROM messages WHERE conversation_id = ? AND role = 'user' ORDER BY id LIMIT 1",
                (conversation_id,),
            )
            title = title_of(rows[0][0]) if rows else ""
        self._change("UPDATE conversations SET title = ? WHERE id = ? RETURNING id", (title, conversation_id))

    def delete(self, conversation_id: int) -> None:
        """Take it off the list; :meth:`undelete` brings it back for 30 days."""
        self._change("UPDATE conversations SET deleted_at = ? WHERE id = ? RETURNING id", (_now(), conversation_id))

    def undelete(self, conversation_id: int) -> None:
        """Put a deleted conversation back on the list as it was."""
        self._change("UPDATE conversations SET deleted_at = NULL WHERE id = ? RETURNING id", (conversation_id,))

    def purge_deleted(self, older_than: timedelta = KEEP_DELETED) -> int:
        """Remove for good what was deleted longer ago than that; returns how many."""
        limit = (datetime.now(UTC) - older_than).isoformat()
        return len(self._database.execute("DELETE FROM conversations WHERE deleted_at < ? RETURNING id", (limit,)))

    def drop_if_empty(self, conversation_id: int) -> bool:
        """Remove it for good if nothing was ever put in it: no message, draft, attachment or title. Whether it was."""
        dropped = self._database.execute(
            "DELETE FROM conversations WHERE id = ? AND title = '' AND deleted_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = conversations.id)"
            " AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.conversation_id = conversations.id)"
            " AND NOT EXISTS (SELECT 1 FROM attachments a WHERE a.conversation_id = conversations.id) RETURNING id",
            (conversation_id,),
        )
        return bool(dropped)

    def attach(self, conversation_id: int, collection_id: int) -> None:
        """Let a collection answer in this conversation. Twice is fine."""
        self.get(conversation_id)
        self._database.execute("INSERT OR IGNORE INTO attachments VALUES (?, ?)", (conversation_id, collection_id))

    def detach(self, conversation_id: int, collection_id: int) -> None:
        """The collection no longer answers here."""
        self._database.execute(
            "DELETE FROM attachments WHERE conversation_id = ? AND collection_id = ?", (conversation_id, collection_id)
        )

    def detach_everywhere(self, collection_id: int) -> list[int]:
        """The collection is gone. Returns the conversations that it was attached to."""
        sql = "DELETE FROM attachments WHERE collection_id = ? RETURNING conversation_id"
        return [row[0] for row in self._database.execute(sql, (collection_id,))]

    def attach_again(self, collection_id: int, conversation_ids: Iterable[int]) -> None:
        """The collection is back; conversations that are gone by now are left out."""
        self._database.execute_many(
            "INSERT OR IGNORE INTO attachments SELECT id, ? FROM conversations WHERE id = ?",
            [(collection_id, conversation_id) for conversation_id in conversation_ids],
        )

    # -- what was typed and not sent --------------------------------------------------------------------------------

    def draft(self, conversation_id: int) -> str:
        """What stood in the composer."""
        rows = self._database.query("SELECT text FROM drafts WHERE conversation_id = ?", (conversation_id,))
        return str(rows[0][0]) if rows else ""

    def save_draft(self, conversation_id: int, text: str) -> None:
        """Keep what stands in the composer; an empty text removes it."""
        if not text:
            self._database.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation_id,))
            return
        self.get(conversation_id)
        self._database.execute(
            "INSERT INTO drafts VALUES (?, ?) ON CONFLICT(conversation_id) DO UPDATE SET text = excluded.text",
            (conversation_id, text),
        )

    # -- messages ---------------------------------------------------------------------------------------------------

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
            raise _gone("message")
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
            (conversation_id, parent_id, role, text, state, _now(), owner),
        )
        self._database.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (message_id, conversation_id))
        self._touch(conversation_id)
        return self.message(message_id)

    def _touch(self, conversation_id: int) -> None:
        self._database.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (_now(), conversation_id))

    def _change(self, sql: str, values: tuple[Any, ...]) -> None:
        if not self._database.execute(sql, values):
            raise _gone()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _gone(what: str = "conversation") -> StorageError:
    return StorageError(
        f"This {what} is not there any more.",
        "It was deleted, perhaps in another window.",
        "Choose another conversation, or start a new one.",
    )
