"""Laying an embedding model out in this process, as the worker that finds passages loads it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec

from app.inference.breakdown import buffers_of
from app.inference.load_errors import load_error
from app.inference.memory import exact_use, memory_use
from app.inference.process_memory import release_free_memory, resident_bytes
from app.inference.protocol import BufferUse, MemoryUse
from app.models.embedding_params import CONTEXTS, embedding_context_params, embedding_model_params
from app.models.gguf import Header
from app.models.native import captured_log
from app.models.sizing import rows_bytes, usable_context, working_bytes


def lay_out_embedding(llama: Any, path: Path, header: Header, process_bytes: int) -> MemoryUse:
    """What ``path`` would take, with all contexts of the worker, each after a text that fills it.

    ``process_bytes``: a worker's before any model is loaded. Errors: :class:`ModelError`.
    """
    n_ctx = usable_context(header, 0)
    release_free_memory()
    before = resident_bytes()
    with captured_log() as lines, contextlib.ExitStack() as made:
        model = llama.llama_model_load_from_file(os.fsencode(path), embedding_model_params(llama, layout_only=True))
        if not model:
            raise load_error(path, lines)
        made.callback(llama.llama_model_free, model)
        books = []
        for _ in range(CONTEXTS):
            context = llama.llama_init_from_model(model, embedding_context_params(llama, n_ctx, 1))
            if not context:
                raise load_error(path, lines, f"No context of {n_ctx} tokens could be made for “{path.name}”.")
            made.callback(llama.llama_free, context)
            books.append(buffers_of(llama, context))
        weights = int(llama.llama_model_size(model))
        release_free_memory()
        grown = max(0, resident_bytes() - before)
    use = exact_use(_together(books), lines) if all(books) else _of_log(memory_use(lines, weights))
    output = rows_bytes(header, n_ctx)  # allocated with the first text, not with the context
    filled = use.weights_bytes + use.kv_bytes + use.compute_bytes + output
    own = process_bytes + grown + working_bytes(header, n_ctx)
    return MemoryUse(use.weights_bytes, use.kv_bytes, use.compute_bytes, output, own + filled, buffers=use.buffers)


def _of_log(use: MemoryUse) -> MemoryUse:
    """The log's compute buffer is that of the last context."""
    return msgspec.structs.replace(use, compute_bytes=CONTEXTS * use.compute_bytes)


def _together(books: list[tuple[BufferUse, ...]]) -> tuple[BufferUse, ...]:
    """One list of buffers for contexts on the same weights."""
    found: dict[str, BufferUse] = {}
    for book in books:
        for use in book:
            before = found.get(use.buffer_type, BufferUse(use.buffer_type, use.device, use.weights_bytes, 0, 0))
            found[use.buffer_type] = BufferUse(
                use.buffer_type,
                use.device,
                before.weights_bytes,
                before.kv_bytes + use.kv_bytes,
                before.compute_bytes + use.compute_bytes,
            )
    return tuple(found.values())
