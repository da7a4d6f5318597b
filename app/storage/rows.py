"""Rows of the conversations database as the values of :mod:`app.chat.transcript`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from app.chat.sources import CheckedSentence, Evidence
from app.chat.title import UNTITLED
from app.chat.transcript import ConversationSummary, Message, RunFigures

T = TypeVar("T")
SUMMARY = """
SELECT c.id, c.title, c.updated_at, c.leaf_id,
       (SELECT group_concat(collection_id) FROM attachments a WHERE a.conversation_id = c.id)
FROM conversations c
"""
MESSAGE = """
SELECT id, conversation_id, parent_id, role, text, state, created_at, model, problem, left_out,
       evidence, checks, figures, without_documents
FROM messages
"""


def to_json(value: Any) -> str | None:
    """A value as JSON text; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def _from_json(text: str | None, kind: type[T]) -> T | None:
    return None if text is None else msgspec.json.decode(text, type=kind)


def summary_of(row: tuple[Any, ...]) -> ConversationSummary:
    """A row of :data:`SUMMARY`."""
    conversation_id, title, updated_at, leaf_id, collections = row
    ids = tuple(sorted(int(part) for part in collections.split(","))) if collections else ()
    return ConversationSummary(conversation_id, title or UNTITLED, datetime.fromisoformat(updated_at), ids, leaf_id)


def message_of(row: tuple[Any, ...]) -> Message:
    """A row of :data:`MESSAGE`."""
    (message_id, conversation_id, parent_id, role, text, state, created_at, model, problem, left_out, *details) = row
    evidence, checks, figures, without_documents = details
    return Message(
        message_id,
        conversation_id,
        parent_id,
        role,
        text,
        state,
        datetime.fromisoformat(created_at),
        model,
        problem,
        left_out,
        _from_json(evidence, Evidence),
        _from_json(checks, tuple[CheckedSentence, ...]) or (),
        _from_json(figures, RunFigures),
        bool(without_documents),
    )
