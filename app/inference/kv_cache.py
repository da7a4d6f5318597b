"""One context's KV cache and the tokens that are known to be in it.

What a conversation's next turn shares with the last stays in the cache. How much of that may be used depends on the
model: a sliding window forgets, and a recurrent state cannot go back. The rules are those of llama-server.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

from app.core.errors import ModelError
from app.inference.abort import AbortFlag

_ABORTED = 2


def reusable_prefix(cached: Sequence[int], prompt: Sequence[int], pos_min: int, n_swa: int) -> int:
    """How many tokens of ``prompt`` need not be computed again.

    ``pos_min``: the first position that the cache still holds (-1: none). ``n_swa``: the sliding window, 0 for none.
    At least one token is always left to compute, as its logits are needed.
    """
    shared = 0
    for one, other in zip(cached, prompt, strict=False):
        if one != other:
            break
        shared += 1
    shared = min(shared, len(prompt) - 1)
    if shared <= 0 or pos_min < 0:
        return 0
    if shared < len(cached) and pos_min > max(0, shared - n_swa):
        return 0  # the window before the first new token was overwritten, or the state cannot go back
    return shared


class KvCache:
    """The cache of one llama_context, and the only way tokens are evaluated in it. Sequence 0, one thread at a time."""

    def __init__(self, llama: Any, model: Any, context: Any) -> None:
        self._llama = llama
        self._context = context
        self._memory = llama.llama_get_memory(context)
        self._n_swa: int = llama.llama_model_n_swa(model)
        self._keeps_state = bool(llama.llama_model_is_recurrent(model) or llama.llama_model_is_hybrid(model))
        self._n_batch: int = llama.llama_n_batch(context)
        self._tokens: list[int] = []
        self.abort = AbortFlag()
        """What the computation obeys; replace it with :meth:`obey`."""
        self.obey(self.abort)
        self._one = (ctypes.c_int32 * 1)()
        self._one_batch = llama.llama_batch_get_one(self._one, 1)
        self.size: int = llama.llama_n_ctx(context)

    def __len__(self) -> int:
        return len(self._tokens)

    def obey(self, abort: AbortFlag) -> None:
        """Let this flag stop the computation from now on."""
        abort.install(self._llama, self._context)
        self.abort = abort  # native code reads it: it has to live as long

    def clear(self) -> None:
        """Forget everything."""
        self._llama.llama_memory_clear(self._memory, False)  # what lies in the buffers is masked; zeroing takes time
        self._tokens = []

    def keep_prefix(self, prompt: Sequence[int]) -> int:
        """Drop what ``prompt`` does not begin with; returns how many of its tokens are in the cache now."""
        pos_min = self._llama.llama_memory_seq_pos_min(self._memory, 0)
        kept = reusable_prefix(self._tokens, prompt, pos_min, self._n_swa)
        if kept == 0 or (
            kept < len(self._tokens) and not self._llama.llama_memory_seq_rm(self._memory, 0, kept, -1)
        ):  # some memories cannot remove a part
            self.clear()
            return 0
        del self._tokens[kept:]
        return kept

    def evaluate(self, tokens: Sequence[int], on_progress: Callable[[int], None]) -> bool:
        """Compute ``tokens`` in pieces of ``n_batch`` after those in the cache; the last one's logits are ready then.

        ``on_progress`` gets the number computed after each piece. False: aborted. Errors: :class:`ModelError`.
        """
        for start in range(0, len(tokens), self._n_batch):
            if self.abort.is_set:
                return False
            piece = list(tokens[start : start + self._n_batch])
            array = (ctypes.c_int32 * len(piece))(*piece)
            # With no output flags set, only the last token gives logits: n_outputs_max is 1.
            result = self._llama.llama_decode(self._context, self._llama.llama_batch_get_one(array, len(piece)))
            self._tokens += piece
            if result != 0:
                return self._failed(result)
            on_progress(start + len(piece))
        return True

    def append(self, token: int) -> bool:
        """Compute one token, the fast way. False: aborted. Errors: :class:`ModelError`."""
        self._one[0] = token
        result = self._llama.llama_decode(self._context, self._one_batch)
        self._tokens.append(token)
        return True if result == 0 else self._failed(result)

    def _failed(self, result: int) -> bool:
        """Bring our list back in step with the cache after a piece that was not computed to its end."""
        there = self._llama.llama_memory_seq_pos_max(self._memory, 0) + 1
        if self._keeps_state or there > len(self._tokens):
            self.clear()
        else:
            del self._tokens[there:]
        if result == _ABORTED:
            return False
        raise ModelError(
            "The model could not compute the next words.",
            f"llama.cpp gave up with code {result}.",
            "Try again; if it happens again, load the model anew with a smaller context.",
        )
