"""Texts to vectors with an embedding model in GGUF, by llama.cpp's low-level calls.

One text a call: measured with MiniLM on two cores, several sequences in one batch are slower (attention is computed
across all of them). Pooling comes from the model's own metadata. Nothing is ever cut silently: a passage that does not
fit is an error; a question that does not is embedded in pieces whose mean is taken, of a very long one (a pasted
document) the first and the last ones, so that it stays quick.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from app.core.errors import DocumentError, ModelError
from app.models.native import load_llama_cpp

Vectors = npt.NDArray[np.float32]

# Chunks are 200-250 tokens; a longer context would only cost memory (attention buffers grow with its square).
_MAX_CONTEXT = 512
_MOST_PIECES = 4
_POOLING_UNSPECIFIED = -1
_POOLING_NONE = 0
_FLASH_ATTENTION_OFF = 0


@dataclass(frozen=True)
class _Prefixes:
    query: str = ""
    document: str = ""


# Models were trained with these; without them they find markedly less. By a part of the name in the metadata.
_PREFIXES = {
    "arctic-embed": _Prefixes("Represent this sentence for searching relevant passages: "),
    "bge-": _Prefixes("Represent this sentence for searching relevant passages: "),
    "nomic-embed": _Prefixes("search_query: ", "search_document: "),
    "e5-": _Prefixes("query: ", "passage: "),
}


class EmbeddingModel:
    """A loaded embedding model. Safe from any thread; one computation at a time, questions before passages.

    Errors of the constructor: :class:`ModelError`.
    """

    def __init__(self, path: Path, n_threads: int = 0) -> None:
        self._llama = load_llama_cpp()
        self._turns = _Turns()
        self._handle = _Handle(self._llama, path, n_threads or usable_cores())
        self.name = self._handle.metadata("general.name") or path.stem
        self.dimensions = self._handle.dimensions
        framed, bare = self._handle.tokenize("a", special=True), self._handle.tokenize("a")
        at = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
        self._before, self._after = framed[:at], framed[at + len(bare) :]
        prefixes = _prefixes(self.name)
        self._query_prefix, self._document_prefix = prefixes.query, prefixes.document
        longest = max(len(self._handle.tokenize(prefix)) for prefix in (prefixes.query, prefixes.document))
        self.max_tokens = self._handle.n_ctx - len(framed) + len(bare) - longest
        """The longest text, in tokens without the special ones."""
        with path.open("rb") as file:
            self.key = hashlib.file_digest(file, hashlib.sha256).hexdigest()[:16]
        """The same for two files with the same content: the vectors are then the same too."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens excluded."""
        return [len(self._handle.tokenize(text)) for text in texts]

    def embed_document(self, text: str) -> Vectors:
        """A passage's vector: (dimensions,), of length 1. Error: :class:`DocumentError` when it is too long."""
        tokens = self._handle.tokenize(self._document_prefix + text, special=True)
        if len(tokens) > self._handle.n_ctx:
            raise DocumentError(
                "A passage is too long for the embedding model.",
                f"It has {len(tokens)} tokens; {self.name} takes {self._handle.n_ctx}.",
            )
        with self._turns.passage():
            return self._handle.embed(tokens)

    def embed_query(self, text: str) -> Vectors:
        """A question's vector: (dimensions,), of length 1. Waits for at most one passage's computation."""
        return self._mean_of_pieces(self._query_prefix, text)

    def embed_sentence(self, text: str) -> Vectors:
        """A sentence's vector as documents have it, but with a question's priority; long ones as in embed_query."""
        return self._mean_of_pieces(self._document_prefix, text)

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """No passage is begun while this is held: a search asks several times, and must not wait each time."""
        with self._turns.ahead():
            yield

    def close(self) -> None:
        """Free the model. Nothing may be called afterwards."""
        with self._turns.question():
            self._handle.close()

    def _mean_of_pieces(self, prefix: str, text: str) -> Vectors:
        tokens = self._handle.tokenize(prefix + text)
        size = self._handle.n_ctx - len(self._before) - len(self._after)
        pieces = [tokens[start : start + size] for start in range(0, max(1, len(tokens)), size)]
        if len(pieces) > _MOST_PIECES:
            pieces = pieces[: _MOST_PIECES // 2] + pieces[-_MOST_PIECES // 2 :]
        total = np.zeros(self.dimensions, np.float32)
        for piece in pieces:
            with self._turns.question():
                total += self._handle.embed([*self._before, *piece, *self._after])
        return _unit(total)


class _Handle:
    """llama.cpp's model, context and batch. Tokenizing is safe from any thread, embedding is not."""

    def __init__(self, llama: Any, path: Path, n_threads: int) -> None:
        self._llama = llama
        self._model: Any = None
        self._context: Any = None
        params = llama.llama_model_default_params()
        params.n_gpu_layers = -1
        self._model = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ModelError(
                f"The embedding model {path.name} cannot be loaded.",
                "It is damaged, or of a kind that this version of llama.cpp does not know.",
                "Choose another embedding model, or download it again.",
            )
        self._vocab = llama.llama_model_get_vocab(self._model)
        self.n_ctx = min(_MAX_CONTEXT, int(llama.llama_model_n_ctx_train(self._model)))
        self.dimensions = int(llama.llama_model_n_embd(self._model))
        options = llama.llama_context_default_params()
        options.n_ctx = options.n_batch = options.n_ubatch = self.n_ctx
        options.n_seq_max = 1
        options.n_threads = options.n_threads_batch = n_threads
        options.embeddings = True
        options.pooling_type = _POOLING_UNSPECIFIED  # what the model's metadata says
        options.flash_attn_type = _FLASH_ATTENTION_OFF  # slower here: sequences are short
        self._context = llama.llama_init_from_model(self._model, options)
        if not self._context or llama.llama_pooling_type(self._context) == _POOLING_NONE:
            self.close()
            raise ModelError(
                f"{path.name} is not an embedding model.",
                "It does not make one vector of a text.",
                "Choose an embedding model, such as all-MiniLM-L6-v2.",
            )
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(self.n_ctx, 0, 1)

    def metadata(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(1024)
        length = self._llama.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else ""

    def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        # Lone surrogates (from odd file names and broken PDFs) have no UTF-8 form.
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self._vocab, data, len(data), tokens, room, special, False)
        if count < 0:
            tokens = (self._llama.llama_token * -count)()
            count = self._llama.llama_tokenize(self._vocab, data, len(data), tokens, -count, special, False)
        return tokens[:count]  # type: ignore[no-any-return]

    def embed(self, tokens: Sequence[int]) -> Vectors:
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
        return _unit(np.ctypeslib.as_array(pooled, shape=(self.dimensions,)))

    def close(self) -> None:
        if self._context:
            self._llama.llama_free(self._context)
        if self._model:
            self._llama.llama_model_free(self._model)
        self._context = self._model = None


class _Turns:
    """A lock that a waiting question gets before any waiting passage."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._busy = False
        self._questions = 0

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        with self._condition:
            self._questions += 1
        try:
            yield
        finally:
            with self._condition:
                self._questions -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        with self.ahead():
            with self._condition:
                self._condition.wait_for(lambda: not self._busy)
                self._busy = True
            try:
                yield
            finally:
                self._release()

    @contextlib.contextmanager
    def passage(self) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: not self._busy and not self._questions)
            self._busy = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        with self._condition:
            self._busy = False
            self._condition.notify_all()


def usable_cores() -> int:
    """Physical cores that this process may use: hyper-threads add nothing to matrix products."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


def _prefixes(name: str) -> _Prefixes:
    lower = name.lower()
    return next((prefixes for part, prefixes in _PREFIXES.items() if part in lower), _Prefixes())


def _unit(vector: npt.NDArray[Any]) -> Vectors:
    array = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(array))
    return array / length if length > 0 else array.copy()
