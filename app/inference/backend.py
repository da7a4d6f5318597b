"""The devices that this build of llama.cpp can compute on, as ggml lists them."""

from __future__ import annotations

import ctypes
import importlib
from typing import Any


def device_names() -> list[str]:
    """One entry per device, "CPU: AMD EPYC" or "CUDA0: NVIDIA H100". Call ``load_llama_cpp`` first."""
    # Not among llama-cpp-python's bindings; its own loader finds the library on every platform.
    ggml: Any = importlib.import_module("llama_cpp._ggml").libggml
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    for function in (ggml.ggml_backend_dev_name, ggml.ggml_backend_dev_description):
        function.argtypes = [ctypes.c_void_p]
        function.restype = ctypes.c_char_p
    names = []
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        name, description = (
            text.decode("utf-8", "replace")
            for text in (ggml.ggml_backend_dev_name(device), ggml.ggml_backend_dev_description(device))
        )
        names.append(f"{name}: {description}")
    return names
