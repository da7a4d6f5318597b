"""Llama.cpp's parameters for a model and its context: the same for a real load and for a layout that only sizes it."""

from __future__ import annotations

import ctypes
from typing import Any

from app.inference.protocol import LoadSettings
from app.inference.threads import ThreadCounts

_KV_TYPES = {"f16": "GGML_TYPE_F16", "q8_0": "GGML_TYPE_Q8_0", "q4_0": "GGML_TYPE_Q4_0"}


def model_params(llama: Any, settings: LoadSettings, *, layout_only: bool = False) -> Any:
    """Parameters for ``llama_model_load_from_file``. ``layout_only``: no weights are read and nothing is allocated."""
    params = llama.llama_model_default_params()
    params.n_gpu_layers = settings.n_gpu_layers
    # Not memory-mapped: the CPU backend repacks weights into a buffer of its own, and mapped pages would count twice.
    params.load_mode = llama.LLAMA_LOAD_MODE_NONE
    params.no_alloc = layout_only
    if settings.main_gpu >= 0:
        params.split_mode = llama.LLAMA_SPLIT_MODE_NONE
        params.main_gpu = settings.main_gpu
    elif settings.tensor_split:
        # Of the length that the library reads, whatever was asked for; the structure keeps the array alive.
        shares = (*settings.tensor_split, *[0.0] * llama.LLAMA_MAX_DEVICES)[: llama.LLAMA_MAX_DEVICES]
        params.tensor_split = (ctypes.c_float * llama.LLAMA_MAX_DEVICES)(*shares)
    return params


def context_params(llama: Any, settings: LoadSettings, n_ctx_train: int, threads: ThreadCounts) -> Any:
    """Parameters for ``llama_init_from_model``: a chat with one sequence, of which only the last logits are read."""
    params = llama.llama_context_default_params()
    wanted = settings.n_ctx or n_ctx_train
    params.n_ctx = min(wanted, n_ctx_train) if n_ctx_train > 0 else wanted
    params.n_batch = max(1, min(settings.n_batch, params.n_ctx))
    params.n_ubatch = min(512, params.n_batch)
    params.n_seq_max = 1
    params.n_outputs_max = 1
    params.n_threads = threads.decode
    params.n_threads_batch = threads.prompt
    on, off = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED, llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.flash_attn_type = on if settings.flash_attention else off
    params.swa_full = False
    params.type_k = params.type_v = getattr(llama, _KV_TYPES[settings.kv_type])
    params.no_perf = True
    return params
