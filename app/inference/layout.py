"""Laying a model out in this process: each buffer of a real load is asked for, none is allocated, no weight is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from app.inference.breakdown import buffers_of, reserve
from app.inference.embedding_layout import lay_out_embedding
from app.inference.load_errors import check_file
from app.inference.memory import adapter_bytes, exact_use, memory_use, state_bytes
from app.inference.native_model import NativeModel
from app.inference.process_memory import release_free_memory, resident_bytes
from app.inference.protocol import LoadSettings, MemoryUse
from app.inference.threads import ThreadCounts
from app.models.native import captured_log
from app.models.sizing import usable_context, working_bytes
from app.models.summary import kind_of


def lay_out(llama: Any, path: Path, settings: LoadSettings, process_bytes: int) -> MemoryUse:
    """What ``path`` would take. ``process_bytes``: a worker's before any model is loaded.

    ``resident_bytes`` is what a worker would have in RAM with all buffers filled. The vocabulary's tables, which are
    real here, are measured by how this process grows. Adapters are really read, because llama.cpp plans its buffers for
    them; their own bytes are in no sum. Errors: :class:`ModelError`.
    """
    header = check_file(path, memory_available_bytes=None)  # whether it fits is what is asked here
    if kind_of(header) == "embedding":
        return lay_out_embedding(llama, path, header, process_bytes)
    release_free_memory()
    before = resident_bytes()
    with captured_log() as lines:
        native = NativeModel(llama, path, settings, ThreadCounts(1, 1), lines, layout_only=True)
        try:
            if settings.adapters:
                reserve(llama, native.context)
            buffers = buffers_of(llama, native.context)
            weights = int(llama.llama_model_size(native.model))
            release_free_memory()
            grown = max(0, resident_bytes() - before - state_bytes(lines) - adapter_bytes(lines))
        finally:
            native.close()
    use = exact_use(buffers, lines) if buffers else memory_use(lines, weights)
    filled = use.weights_bytes + use.kv_bytes + use.compute_bytes + use.output_bytes
    own = process_bytes + grown + working_bytes(header, usable_context(header, settings.n_ctx))
    return msgspec.structs.replace(use, resident_bytes=own + filled)
