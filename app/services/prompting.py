"""Prompts that fit: the parts of :mod:`app.chat.prompt`, measured in the loaded model's own tokens.

A chat sees as much of the conversation as fits. An answer from documents sees the documents' words and the question,
and of the conversation only the turn that the question leans on: small models otherwise answer from what they said
before rather than from the text in front of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.chat.context import Room, first_kept, reply_limit
from app.chat.prompt import Excerpt, Turn, instructions, question_with, quoted, turns_of, unquoted
from app.chat.smalltalk import is_small_talk
from app.chat.sources import Evidence
from app.chat.transcript import ChatMessage, Message
from app.inference.client import InferenceClient
from app.inference.protocol import Loaded

_SMALL = 500_000_000
"""Parameters. Models below this are given quoted sentences and little around them (see :mod:`app.chat.prompt`)."""
_LITTLE, _MUCH = 200, 900
"""Tokens of documents for small and for other models."""
_AROUND_SMALL, _AROUND, _UNQUOTED = 240, 300, 700
"""Characters: beside a quote for small models (all quotes share it) and for others; of a passage without a quote."""


@dataclass(frozen=True)
class Prompt:
    """What goes to the model. ``left_out``: older messages that did not fit."""

    messages: list[ChatMessage]
    left_out: int
    max_tokens: int


class PromptBuilder:
    """Builds prompts for the model that is loaded. Token counts are kept until another model is."""

    def __init__(self, inference: InferenceClient) -> None:
        self._inference = inference
        self._path = ""
        self._counts: dict[ChatMessage, int] = {}
        self._frame = 0

    def chat(self, path: Sequence[Message], loaded: Loaded, own: str, max_reply: int) -> Prompt:
        """A turn of a conversation without documents. Errors: ModelError when the question alone does not fit."""
        return self._fitted(
            instructions(own, False), turns_of(path[:-1]), ChatMessage("user", path[-1].text), loaded, max_reply
        )

    def documents(
        self, path: Sequence[Message], evidence: Evidence, loaded: Loaded, max_reply: int, with_last_turn: bool
    ) -> Prompt:
        """A question with what the documents say, and the turn before it if asked for. Errors: as :meth:`chat`."""
        small = loaded.n_params < _SMALL
        budget = min(_LITTLE if small else _MUCH, loaded.n_ctx // 3)
        if small:
            candidates = quoted(evidence, _AROUND_SMALL // max(1, len(evidence.quotes)))
        else:
            candidates = [*quoted(evidence, _AROUND), *unquoted(evidence, _UNQUOTED)]
        sizes = self._count([ChatMessage("user", excerpt.text) for excerpt in candidates], loaded)
        chosen: list[Excerpt] = []
        used = 0
        for excerpt, size in zip(candidates, sizes, strict=True):
            if chosen and used + size > budget:
                break
            chosen.append(excerpt)
            used += size
        turns = (
            [turn for turn in turns_of(path[:-1]) if not is_small_talk(turn.question)][-1:] if with_last_turn else []
        )
        question = question_with(path[-1].text, chosen)
        prompt = self._fitted(instructions("", True), turns, question, loaded, max_reply)
        return Prompt(prompt.messages, 0, prompt.max_tokens)

    def _fitted(
        self, system: ChatMessage, turns: Sequence[Turn], question: ChatMessage, loaded: Loaded, max_reply: int
    ) -> Prompt:
        earlier = [message for turn in turns for message in turn.messages()]
        system_size, question_size, *sizes = self._count([system, question, *earlier], loaded)
        room = Room.of(
            loaded.n_ctx,
            max_reply=max_reply,
            instructions=system_size,
            frame=self._frame,
            usual_question=loaded.n_ctx // 8,
        )
        per_turn = [sizes[index] + sizes[index + 1] for index in range(0, len(sizes), 2)]
        first = first_kept(per_turn, question_size, room)
        used = self._frame + system_size + question_size + sum(per_turn[first:])
        messages = [system, *earlier[2 * first :], question]
        return Prompt(messages, 2 * first, reply_limit(max_reply, used, loaded.n_ctx))

    def _count(self, messages: Sequence[ChatMessage], loaded: Loaded) -> list[int]:
        if loaded.path != self._path:
            self._path, self._counts = loaded.path, {}
        unknown = [message for message in dict.fromkeys(messages) if message not in self._counts]
        if unknown or not self._counts:
            found = self._inference.count_tokens(unknown)
            self._frame = found.frame
            self._counts.update(zip(unknown, found.counts, strict=True))
        return [self._counts[message] for message in messages]
