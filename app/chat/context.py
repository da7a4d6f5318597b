"""Which part of a conversation a model still sees when the whole no longer fits into its context.

The instructions and the last question always stay; the oldest turns (a question with its reply) go first. When turns
must go, so many go at once that the rest fills only half of the room: the beginning of the prompt then stays the same
for many turns, and what the model has computed of it (the KV cache) stays usable. Dropping one turn at each step would
make it read the whole conversation again every time.

The choice depends on the sizes alone, so it is the same after a restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import ModelError

_MARGIN = 16
"""Tokens. Templates join messages a little differently than they render each alone."""


@dataclass(frozen=True)
class Room:
    """Tokens of one context: all of it, and what is spoken for. ``usual_question`` is set aside for the last question
    even when it is shorter, so that the choice does not change with every question's length."""

    n_ctx: int
    reply: int
    instructions: int
    frame: int
    usual_question: int

    @classmethod
    def of(cls, n_ctx: int, *, max_reply: int, instructions: int, frame: int, usual_question: int) -> Room:
        """Set aside for the reply what it may take, but at most a quarter of the context."""
        return cls(n_ctx, min(max_reply, n_ctx // 4), instructions, frame, min(usual_question, n_ctx // 2))

    def for_question(self) -> int:
        """The most that the last question may take."""
        return self.n_ctx - self.reply - self.instructions - self.frame - _MARGIN

    def for_turns(self, question: int) -> int:
        """What is left for earlier turns beside a question of so many tokens; can be negative."""
        return self.for_question() - max(question, self.usual_question)


def first_kept(turns: Sequence[int], question: int, room: Room) -> int:
    """Index of the first earlier turn that stays, given each turn's tokens, oldest first; ``len(turns)``: none does.

    Errors: ModelError when the question alone does not fit.
    """
    if question > room.for_question():
        raise ModelError(
            "This message is too long for the model.",
            f"It has about {question:,} tokens; there is room for {max(0, room.for_question()):,} beside the reply.",
            "Send a shorter message, or load the model with a larger context.",
        )
    budget = max(0, room.for_turns(question))
    first, used = 0, 0
    for index, tokens in enumerate(turns):  # replay the conversation: what was dropped then stays dropped
        used += tokens
        if used > budget:
            while used > budget // 2 and first <= index:
                used -= turns[first]
                first += 1
    return first


def reply_limit(max_reply: int, prompt: int, n_ctx: int) -> int:
    """How many tokens the reply may have: what was asked for, as far as the context goes; at least 1."""
    return max(1, min(max_reply, n_ctx - prompt - 1))
