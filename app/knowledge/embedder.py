"""Give chunks their vectors, a batch at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import DocumentError
from app.knowledge.embed_llama import Vectors
from app.knowledge.priority import lower_thread
from app.knowledge.retrieve import Meaning
from app.knowledge.vector_cache import WaitingChunk, embedded_text

_BATCH = 16


@dataclass
class Rate:
    """Chunks embedded per second, the recent ones counting more; a guess before the first."""

    per_s: float = 10.0
    measured: bool = False

    def add(self, chunks: int, seconds: float) -> None:
        """Take note of some chunks that took so long."""
        if chunks and seconds > 0:
            now = chunks / seconds
            self.per_s = 0.8 * self.per_s + 0.2 * now if self.measured else now
            self.measured = True


class Embedder:
    """One batch at a time, on one thread, which gets a low priority. It tells ``rate`` how fast it is."""

    def __init__(self, meaning: Meaning, rate: Rate) -> None:
        self._meaning = meaning
        self._rate = rate

    def step(self, interrupted: Callable[[], bool]) -> bool:
        """Embed some chunks; False when none wait. ``interrupted``: whether to stop after the chunk under way."""
        meaning = self._meaning
        if not meaning.index.ready:
            meaning.index.open()
        lower_thread()  # only now: Chroma's threads, begun when it is opened, serve searches too
        waiting = meaning.cache.waiting(_BATCH)
        vectors: dict[bytes, Vectors] = {}
        done: list[tuple[int, Vectors]] = []
        start, fresh = time.monotonic(), 0
        for chunk in waiting:
            if interrupted():
                break
            vector = chunk.known if chunk.known is not None else vectors.get(chunk.hash)
            if vector is None:
                vector = self._embed(chunk)
                fresh += 1
            vectors[chunk.hash] = vector
            done.append((chunk.id, vector))
        self._rate.add(fresh, time.monotonic() - start)
        if done:
            alive = set(meaning.cache.store(vectors.items(), [chunk_id for chunk_id, _ in done]))
            kept = [(chunk_id, vector) for chunk_id, vector in done if chunk_id in alive]
            meaning.index.add([chunk_id for chunk_id, _ in kept], [vector for _, vector in kept])
        return bool(done)

    def _embed(self, chunk: WaitingChunk) -> Vectors:
        model = self._meaning.model
        for text in (embedded_text(chunk.heading, chunk.text), chunk.text):
            try:
                return model.embed_document(text)
            except DocumentError:
                continue
        # Cut with rough counts before there was a model: all of it counts, in pieces.
        return model.embed_sentence(chunk.text)
