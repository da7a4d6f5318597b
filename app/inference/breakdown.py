"""llama.cpp's own books, to the byte: which buffers a context has, and what lies in them.

``llama_get_memory_breakdown`` is exported under its C++ name and returns a ``std::map<ggml_backend_buffer_type_t,
llama_memory_breakdown_data>``, so it can be read only where the map's insides are known: GNU's standard library
(``bits/stl_tree.h``), which is Linux. Elsewhere there is the log (:mod:`app.inference.memory`), rounded to 0.01 MiB.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from app.inference.protocol import BufferUse

_SYMBOL = "_Z26llama_get_memory_breakdownPK13llama_context"
_RESERVE = "_ZN13llama_context13sched_reserveEv"
_MOST_ENTRIES = 256
_HOST = "CPU"
_CPU_DEVICE = 0  # GGML_BACKEND_DEVICE_TYPE_CPU


class _Map(ctypes.Structure):
    """``std::map``: an empty comparison, then the tree's head, whose "parent" is the root. Larger than two registers,
    so the C calling convention returns it as C++ does."""

    _fields_ = (
        ("compare", ctypes.c_size_t),
        ("color", ctypes.c_size_t),
        ("root", ctypes.c_void_p),
        ("leftmost", ctypes.c_void_p),
        ("rightmost", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
    )


class _Node(ctypes.Structure):
    """``std::_Rb_tree_node`` with its pair of a buffer type and three sizes."""

    _fields_ = (
        ("color", ctypes.c_size_t),
        ("parent", ctypes.c_void_p),
        ("left", ctypes.c_void_p),
        ("right", ctypes.c_void_p),
        ("buffer_type", ctypes.c_void_p),
        ("model", ctypes.c_size_t),
        ("context", ctypes.c_size_t),
        ("compute", ctypes.c_size_t),
    )


def reserve(llama: Any, context: Any) -> bool:
    """Let a context plan its compute buffers anew, as it does before it computes: after its adapters were changed.

    False where that cannot be asked; the buffers are those without adapters then.
    """
    ask = getattr(llama._lib, _RESERVE, None) if sys.platform == "linux" else None
    if ask is None:
        return False
    ask.argtypes, ask.restype = [ctypes.c_void_p], None
    ask(ctypes.cast(context, ctypes.c_void_p))
    return True


def buffers_of(llama: Any, context: Any) -> tuple[BufferUse, ...]:
    """The buffers of a context and its model, sorted by type; empty where llama.cpp's books cannot be read.

    The map's nodes (64 bytes each) are not given back: nobody may destroy them from here.
    """
    ask = getattr(llama._lib, _SYMBOL, None) if sys.platform == "linux" else None
    if ask is None:
        return ()
    ask.argtypes, ask.restype = [ctypes.c_void_p], _Map
    found = ask(context)
    if found.count > _MOST_ENTRIES:
        return ()
    names = _Names()
    nodes = list(_nodes(found.root))
    assert len(nodes) == found.count
    return tuple(
        sorted(
            (
                BufferUse(
                    names.buffer_type(node.buffer_type),
                    names.device(node.buffer_type),
                    node.model,
                    node.context,
                    node.compute,
                )
                for node in nodes
            ),
            key=lambda use: use.buffer_type,
        )
    )


def _nodes(address: int | None) -> Iterator[_Node]:
    if address:
        node = _Node.from_address(address)
        yield from _nodes(node.left)
        yield node
        yield from _nodes(node.right)


class _Names:
    """What ggml calls its buffer types, and whose memory they are."""

    def __init__(self) -> None:
        # Not among llama-cpp-python's bindings; its own loader finds the library on every platform.
        self._ggml: Any = importlib.import_module("llama_cpp._ggml").libggml
        for name, kind in {
            "ggml_backend_buft_name": ctypes.c_char_p,
            "ggml_backend_buft_get_device": ctypes.c_void_p,
            "ggml_backend_buft_is_host": ctypes.c_bool,
            "ggml_backend_dev_name": ctypes.c_char_p,
            "ggml_backend_dev_type": ctypes.c_int,
        }.items():
            function = getattr(self._ggml, name)
            function.argtypes, function.restype = [ctypes.c_void_p], kind

    def buffer_type(self, pointer: int) -> str:
        return str(self._ggml.ggml_backend_buft_name(pointer).decode("utf-8", "replace"))

    def device(self, pointer: int) -> str:
        device = self._ggml.ggml_backend_buft_get_device(pointer)
        # Memory that a GPU can reach ("CUDA_Host") is main memory.
        if not device or self._ggml.ggml_backend_buft_is_host(pointer):
            return _HOST
        if self._ggml.ggml_backend_dev_type(device) == _CPU_DEVICE:
            return _HOST
        return str(self._ggml.ggml_backend_dev_name(device).decode("utf-8", "replace"))
