"""Answering one conversation: prompt, then token by token, with as little Python between tokens as there can be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.chat.transcript import RunFigures
from app.core.errors import ModelError
from app.core.jobs import CancelToken
from app.inference.abort import AbortFlag
from app.inference.kv_cache import KvCache
from app.inference.process_memory import peak_bytes, resident_bytes
from app.inference.prompt_tokens import PromptTokens
from app.inference.protocol import Generate, Generated, PromptProgress, StopReason, Text
from app.inference.reply_text import ReplyText
from app.inference.sampler import sampler_chain
from app.inference.tokens import Vocabulary


@dataclass(frozen=True)
class Generator:
    """One loaded model, ready to answer. Not for several threads at once."""

    llama: Any
    context: Any
    vocabulary: Vocabulary
    prompt: PromptTokens
    cache: KvCache

    def generate(
        self, request: Generate, emit: Callable[[PromptProgress | Text], None], cancel: CancelToken
    ) -> Generated:
        """Stream the reply to ``request`` and return all of it. Errors: :class:`ModelError` (the prompt does not fit,
        the template fails). Cancelled is no error: the reply so far is returned, and the cache stays right."""
        started = time.perf_counter()
        tokens = self.prompt.tokens(request.messages)
        if len(tokens) >= self.cache.size:
            raise ModelError(
                "The conversation is too long for the model.",
                f"It takes {len(tokens):,} tokens and the context holds {self.cache.size:,}.",
                "Start a new conversation, or load the model with a larger context.",
            )
        abort = AbortFlag()
        self.cache.obey(abort)
        cancel.on_cancel(abort.set)
        reply = ReplyText(lambda text: emit(Text(text)), self.prompt.stops)
        cached = self.cache.keep_prefix(tokens)
        computed = self._compute_prompt(tokens[cached:], emit)
        prompt_end = time.perf_counter()
        reason: StopReason = "cancelled"
        times = _Times(prompt_end, prompt_end)
        if computed:
            with sampler_chain(self.llama, request.sampling, self.vocabulary.size) as sampler:
                reason, times = self._decode(sampler, max(1, request.max_tokens), abort, reply)
        text = reply.finish()
        figures = RunFigures(
            prompt_tokens=len(tokens),
            cached_tokens=cached,
            completion_tokens=times.tokens,
            first_token_s=times.first - started,
            prompt_s=prompt_end - started,
            decode_s=times.last - times.first,
            resident_bytes=resident_bytes(),
            peak_bytes=peak_bytes(),
        )
        return Generated(text, reason, figures)

    def _compute_prompt(self, tokens: Sequence[int], emit: Callable[[PromptProgress | Text], None]) -> bool:
        total = len(tokens)
        emit(PromptProgress(0, total))
        return self.cache.evaluate(tokens, lambda done: emit(PromptProgress(done, total)))

    def _decode(self, sampler: Any, max_tokens: int, abort: AbortFlag, reply: ReplyText) -> tuple[StopReason, _Times]:
        """Sample and compute until something ends the reply. The logits of the prompt's end are ready."""
        # This loop runs hundreds of times a second: names are bound outside of it.
        sample, context = self.llama.llama_sampler_sample, self.context
        is_end, piece, append, push = self.vocabulary.is_end, self.vocabulary.piece, self.cache.append, reply.push
        room = self.cache.size - len(self.cache)
        first = last = time.perf_counter()
        for count in range(1, max_tokens + 1):
            token = sample(sampler, context, -1)
            last = time.perf_counter()
            if count == 1:
                first = last
            if is_end(token):
                return "end", _Times(first, last, count - 1)
            push(piece(token))
            if reply.stopped:
                return "end", _Times(first, last, count)
            if count == max_tokens:
                break
            if count > room:
                return "context", _Times(first, last, count)
            if abort.is_set or not append(token):
                return "cancelled", _Times(first, last, count)
        return "length", _Times(first, last, max_tokens)


@dataclass(frozen=True)
class _Times:
    """When the first and the last token came (``perf_counter``), and how many there were."""

    first: float
    last: float
    tokens: int = 0
