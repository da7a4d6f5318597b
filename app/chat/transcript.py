"""A conversation as a tree of messages, and the path through it that is shown.

Editing a question or asking again makes a sibling, never an overwrite: nothing that was said is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.chat.sources import CheckedSentence, Evidence

Role = Literal["system", "user", "assistant"]

MessageState = Literal["complete", "streaming", "stopped", "cut", "failed", "interrupted"]
"""``stopped``: by the person; ``cut``: out of context or of the length allowed; ``failed``: see ``problem``;
``interrupted``: the program or the worker ended meanwhile, the text is what had been saved."""


@dataclass(frozen=True)
class ChatMessage:
    """One message as a chat template sees it."""

    role: Role
    content: str


@dataclass(frozen=True)
class RunFigures:
    """Measured, of one reply. Times in seconds from the arrival of the request in the worker."""

    prompt_tokens: int
    cached_tokens: int
    """Of the prompt, those still in the KV cache from the turn before: not computed again."""
    completion_tokens: int
    first_token_s: float
    prompt_s: float
    decode_s: float
    """From the first token to the last."""
    resident_bytes: int = 0
    """Memory of the worker after the reply; 0 in replies of earlier versions."""
    peak_bytes: int = 0
    """The most the worker has had since the model's load began."""

    @property
    def tokens_per_second(self) -> float:
        """Decode speed; 0.0 when fewer than two tokens were generated."""
        return (self.completion_tokens - 1) / self.decode_s if self.decode_s > 0 and self.completion_tokens > 1 else 0.0


@dataclass(frozen=True)
class Message:
    """One message of the tree. ``created_at`` is UTC; ``model`` is the model's name for replies, else empty."""

    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    text: str
    state: MessageState
    created_at: datetime
    model: str = ""
    problem: str = ""
    """What went wrong and what to do, as sentences, when ``state`` is failed, cut or interrupted."""
    left_out: int = 0
    """How many older messages did not fit into the model's context for this reply; shown, never silent."""
    evidence: Evidence | None = None
    checks: tuple[CheckedSentence, ...] = ()
    figures: RunFigures | None = None
    without_documents: bool = False
    """A reply for which the person asked the model alone, although documents are attached."""


@dataclass(frozen=True)
class ConversationSummary:
    """A conversation as the sidebar shows it."""

    id: int
    title: str
    updated_at: datetime
    collection_ids: tuple[int, ...] = ()
    """Collections whose documents answer here."""
    leaf_id: int | None = None
    """The last message of the path that is shown."""


def path_to(leaf_id: int | None, messages: Iterable[Message]) -> list[Message]:
    """The messages from the root to ``leaf_id``, oldest first. An unknown leaf gives an empty list."""
    by_id = {message.id: message for message in messages}
    path: list[Message] = []
    current = by_id.get(leaf_id) if leaf_id is not None else None
    while current is not None:
        path.append(current)
        current = by_id.get(current.parent_id) if current.parent_id is not None else None
    path.reverse()
    return path
