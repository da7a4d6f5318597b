"""An embedding model in llama.cpp's terms: weights, and contexts that compute with them."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.core.errors import ModelError
from app.models.embedding_params import MAX_CONTEXT, embedding_context_params, embedding_model_params

Vectors = npt.NDArray[np.float32]

_POOLING_NONE = 0


class Weights:
    """A loaded model and its vocabulary. Safe from any thread. Error: :class:`ModelError`."""

    def __init__(self, llama: Any, path: Path) -> None:
        self.llama = llama
        self.path = path
        self.model: Any = llama.llama_model_load_from_file(os.fsencode(path), embedding_model_params(llama))
        if not self.model:
            raise ModelError(
                f"The embedding model {path.name} cannot be loaded.",
                "It is damaged, or of a kind that this version of llama.cpp does not know.",
                "Choose another embedding model, or download it again.",
            )
        self._vocab = llama.llama_model_get_vocab(self.model)
        self.n_ctx = min(MAX_CONTEXT, int(llama.llama_model_n_ctx_train(self.model)))
        self.dimensions = int(llama.llama_model_n_embd(self.model))

    def metadata(self, key: str) -> str:
        """A text of the file's header; empty when it has none."""
        buffer = ctypes.create_string_buffer(1024)
        length = self.llama.llama_model_meta_val_str(self.model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else ""

    def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """Token ids; ``special``: framed by those that the model wants at the beginning and the end."""
        # Lone surrogates (from odd file names and broken PDFs) have no UTF-8 form.
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (self.llama.llama_token * room)()
        count = self.llama.llama_tokenize(self._vocab, data, len(data), tokens, room, special, False)
        if count < 0:
            tokens = (self.llama.llama_token * -count)()
            count = self.llama.llama_tokenize(self._vocab, data, len(data), tokens, -count, special, False)
        return tokens[:count]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Free them; all contexts must be closed before."""
        if self.model:
            self.llama.llama_model_free(self.model)
        self.model = None


class Context:
    """Computes one text at a time, on one thread at a time; several contexts share the weights (13 MB each for MiniLM).

    Its OpenMP threads belong to the thread that calls :meth:`embed`, and have that one's priority.
    Error: :class:`ModelError` when the model does not make one vector of a text.
    """

    def __init__(self, weights: Weights, n_threads: int) -> None:
        llama = self._llama = weights.llama
        self._dimensions = weights.dimensions
        options = embedding_context_params(llama, weights.n_ctx, n_threads)
        self._context: Any = llama.llama_init_from_model(weights.model, options)
        if not self._context or llama.llama_pooling_type(self._context) == _POOLING_NONE:
            self.close()
            raise ModelError(
                f"{weights.path.name} is not an embedding model.",
                "It does not make one vector of a text.",
                "Choose an embedding model, such as all-MiniLM-L6-v2.",
            )
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(weights.n_ctx, 0, 1)

    def embed(self, tokens: Sequence[int]) -> Vectors:
        """The vector of at most ``n_ctx`` tokens: (dimensions,), of length 1."""
        batch = self._batch
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 1
        batch.n_tokens = len(tokens)
        if self._memory:
            self._llama.llama_memory_clear(self._memory, True)
        status = self._llama.llama_decode(self._context, batch)  # encoders too: it hands over to llama_encode
        pooled = self._llama.llama_get_embeddings_seq(self._context, 0) if status == 0 else None
        if not pooled:
            raise ModelError("The embedding model failed on a text.", f"llama.cpp answered {status}.")
        return unit(np.ctypeslib.as_array(pooled, shape=(self._dimensions,)))

    def close(self) -> None:
        """Free it."""
        if self._context:
            self._llama.llama_free(self._context)
        self._context = None


def unit(vector: npt.NDArray[Any]) -> Vectors:
    """A copy of length 1; zeros stay zeros."""
    array = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(array))
    return array / length if length > 0 else array.copy()
