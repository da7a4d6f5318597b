"""How an embedding model is loaded: llama.cpp's parameters, for the worker that finds passages and for a layout alike.

That worker has two contexts on the same weights, so that a question never waits for a passage that is computed.
"""

from __future__ import annotations

from typing import Any

MAX_CONTEXT = 512
"""Tokens. Passages are 200-250; more would only cost memory (attention buffers grow with its square)."""

CONTEXTS = 2

_POOLING_UNSPECIFIED = -1
_FLASH_ATTENTION_OFF = 0


def embedding_model_params(llama: Any, *, layout_only: bool = False) -> Any:
    """Parameters for ``llama_model_load_from_file``. ``layout_only``: no weights are read, nothing is allocated."""
    params = llama.llama_model_default_params()
    params.n_gpu_layers = -1
    if layout_only:
        params.load_mode = llama.LLAMA_LOAD_MODE_NONE
        params.no_alloc = True
    return params


def embedding_context_params(llama: Any, n_ctx: int, n_threads: int) -> Any:
    """Parameters for ``llama_init_from_model``: one text of at most ``n_ctx`` tokens at a time, one vector of it."""
    options = llama.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = n_ctx
    options.n_seq_max = 1
    options.n_threads = options.n_threads_batch = n_threads
    options.embeddings = True
    options.pooling_type = _POOLING_UNSPECIFIED  # what the model's metadata says
    options.flash_attn_type = _FLASH_ATTENTION_OFF  # slower here: sequences are short
    return options
