"""The list of conversations: titles, what is deleted and may come back, attached collections, and unsent drafts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.chat.title import title_of
from app.chat.transcript import ConversationSummary
from app.core.database import Database
from app.core.errors import StorageError
from app.storage.rows import SUMMARY, summary_of

KEEP_DELETED = timedelta(days=30)


class ConversationTable:
    """Each conversation as a whole; what is said in it is :class:`~app.storage.conversations.Conversations`' part."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            raise gone()
        return summary_of(rows[0])

    def create(self) -> ConversationSummary:
        """A new, empty conversation."""
        made_at = now()
        return self.get(
            self._database.insert("INSERT INTO conversations(created_at, updated_at) VALUES (?, ?)", (made_at, made_at))
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
        self._change("UPDATE conversations SET deleted_at = ? WHERE id = ? RETURNING id", (now(), conversation_id))

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

    # -- inside -----------------------------------------------------------------------------------------------------

    def _touch(self, conversation_id: int) -> None:
        self._database.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now(), conversation_id))

    def _change(self, sql: str, values: tuple[Any, ...]) -> None:
        if not self._database.execute(sql, values):
            raise gone()


def now() -> str:
    """The moment as it is stored."""
    return datetime.now(UTC).isoformat()


def gone(what: str = "conversation") -> StorageError:
    """What is raised for an id that does not exist."""
    return StorageError(
        f"This {what} is not there any more.",
        "It was deleted, perhaps in another window.",
        "Choose another conversation, or start a new one.",
    )
