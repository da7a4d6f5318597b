"""Texts to vectors with an embedding model in GGUF, by llama.cpp's low-level calls.

One text a call: measured with MiniLM on two cores, several sequences in one batch are slower (attention is computed
across all of them). Pooling comes from the model's own metadata. Nothing is ever cut silently: a passage that does not
fit is an error; a question that does not is embedded in pieces whose mean is taken, of a very long one (a pasted
document) the first and the last ones, so that it stays quick.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from app.core.errors import DocumentError, ModelError
from app.knowledge.embed_llama import Context, Vectors, Weights, unit
from app.knowledge.turns import Turns
from app.models.native import load_llama_cpp

_MOST_PIECES = 4


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
    """A loaded embedding model. Safe from any thread; one question and one passage at a time, questions first.

    Errors of the constructor: :class:`ModelError`.
    """

    def __init__(self, path: Path, n_threads: int = 0) -> None:
        self._turns = Turns()
        self._weights = Weights(load_llama_cpp(), path)
        try:
            # Two, so that a question never waits for a passage that is computed at a low priority.
            self._questions = Context(self._weights, n_threads or usable_cores())
            self._passages = Context(self._weights, n_threads or usable_cores())
        except ModelError:
            self._weights.close()
            raise
        self.name = self._weights.metadata("general.name") or path.stem
        self.dimensions = self._weights.dimensions
        framed, bare = self._weights.tokenize("a", special=True), self._weights.tokenize("a")
        at = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
        self._before, self._after = framed[:at], framed[at + len(bare) :]
        prefixes = _prefixes(self.name)
        self._query_prefix, self._document_prefix = prefixes.query, prefixes.document
        longest = max(len(self._weights.tokenize(prefix)) for prefix in (prefixes.query, prefixes.document))
        self.max_tokens = self._weights.n_ctx - len(framed) + len(bare) - longest
        """The longest text, in tokens without the special ones."""
        with path.open("rb") as file:
            self.key = hashlib.file_digest(file, hashlib.sha256).hexdigest()[:16]
        """The same for two files with the same content: the vectors are then the same too."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens excluded."""
        return [len(self._weights.tokenize(text)) for text in texts]

    def embed_document(self, text: str) -> Vectors:
        """A passage's vector: (dimensions,), of length 1. Error: :class:`DocumentError` when it is too long."""
        tokens = self._weights.tokenize(self._document_prefix + text, special=True)
        if len(tokens) > self._weights.n_ctx:
            raise DocumentError(
                "A passage is too long for the embedding model.",
                f"It has {len(tokens)} tokens; {self.name} takes {self._weights.n_ctx}.",
            )
        with self._turns.passage():
            return self._passages.embed(tokens)

    def embed_query(self, text: str) -> Vectors:
        """A question's vector: (dimensions,), of length 1. Does not wait for passages."""
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
            self._questions.close()
        with self._turns.passage():
            self._passages.close()
        self._weights.close()

    def _mean_of_pieces(self, prefix: str, text: str) -> Vectors:
        tokens = self._weights.tokenize(prefix + text)
        size = self._weights.n_ctx - len(self._before) - len(self._after)
        pieces = [tokens[start : start + size] for start in range(0, max(1, len(tokens)), size)]
        if len(pieces) > _MOST_PIECES:
            pieces = pieces[: _MOST_PIECES // 2] + pieces[-_MOST_PIECES // 2 :]
        total = np.zeros(self.dimensions, np.float32)
        for piece in pieces:
            with self._turns.question():
                total += self._questions.embed([*self._before, *piece, *self._after])
        return unit(total)


def usable_cores() -> int:
    """Physical cores that this process may use: hyper-threads add nothing to matrix products."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


def _prefixes(name: str) -> _Prefixes:
    lower = name.lower()
    return next((prefixes for part, prefixes in _PREFIXES.items() if part in lower), _Prefixes())
