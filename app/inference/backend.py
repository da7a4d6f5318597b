"""The devices that this build of llama.cpp can compute on, as ggml lists them.

None of it is among llama-cpp-python's bindings; its own loader finds the library on every platform.
"""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Iterator
from typing import Any, Literal

from app.hardware.machine import Accelerator

_KINDS: dict[int, Literal["gpu", "integrated"]] = {1: "gpu", 2: "integrated"}
"""``ggml_backend_dev_type``; 0 is the processor, and from 3 on what helps it without memory of its own (BLAS)."""


class _Properties(ctypes.Structure):
    """``ggml_backend_dev_props``, as of llama.cpp 2025-09."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("memory_free", ctypes.c_size_t),
        ("memory_total", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("device_id", ctypes.c_void_p),
        ("spare", ctypes.c_byte * 64),
    )


def device_names() -> list[str]:
    """One entry per device, "CPU: AMD EPYC" or "CUDA0: NVIDIA H100". Call ``load_llama_cpp`` first."""
    ggml = _ggml()
    return [f"{_text(ggml, 'name', device)}: {_text(ggml, 'description', device)}" for device in _devices(ggml)]


def accelerators(ggml: Any = None) -> tuple[Accelerator, ...]:
    """The GPUs that a model would be spread over, in that order, with their memory as it is now.

    By llama.cpp's own rule (``llama_prepare_model_devices``): a card that two backends show counts once, as the first
    one shows it; integrated GPUs serve only where there is no other, and only those of one backend. Call
    ``load_llama_cpp`` first. ``ggml``: its library, or what behaves like it.
    """
    ggml = ggml or _ggml()
    discrete: list[Accelerator] = []
    integrated: list[Accelerator] = []
    backends: set[str] = set()
    for device in _devices(ggml):
        kind = _KINDS.get(ggml.ggml_backend_dev_type(device))
        if kind is None:
            continue
        found = _accelerator(ggml, device, kind)
        if kind == "gpu":
            if not found.pci_bus_id or all(each.pci_bus_id != found.pci_bus_id for each in discrete):
                discrete.append(found)
            continue
        backend = found.name.rstrip("0123456789")
        if not backends or backend in backends:
            backends.add(backend)
            integrated.append(found)
    return tuple(discrete or integrated)


def _accelerator(ggml: Any, device: int, kind: Literal["gpu", "integrated"]) -> Accelerator:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
    name, description = _text(ggml, "name", device), _text(ggml, "description", device)
    slot = pci_bus_id(ggml, device, total.value)
    return Accelerator(name, description, kind, total.value, free.value, slot)


def pci_bus_id(ggml: Any, device: int, total_bytes: int) -> str:
    """The device's slot, or an empty text. What lies where in the structure may change with llama.cpp: nothing is taken
    from it unless its other fields say what the functions say."""
    properties = _Properties()
    ggml.ggml_backend_dev_get_props(device, ctypes.byref(properties))
    same = properties.memory_total == total_bytes and properties.type == ggml.ggml_backend_dev_type(device)
    if not same or not properties.device_id:
        return ""
    return ctypes.string_at(properties.device_id).decode("ascii", "replace").lower()


def _ggml() -> Any:
    ggml: Any = importlib.import_module("llama_cpp._ggml").libggml
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    for function in (ggml.ggml_backend_dev_name, ggml.ggml_backend_dev_description):
        function.argtypes = [ctypes.c_void_p]
        function.restype = ctypes.c_char_p
    ggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    ggml.ggml_backend_dev_type.restype = ctypes.c_int
    ggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    ggml.ggml_backend_dev_memory.restype = None
    ggml.ggml_backend_dev_get_props.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    ggml.ggml_backend_dev_get_props.restype = None
    return ggml


def _devices(ggml: Any) -> Iterator[int]:
    for index in range(ggml.ggml_backend_dev_count()):
        yield ggml.ggml_backend_dev_get(index)


def _text(ggml: Any, what: Literal["name", "description"], device: int) -> str:
    text: bytes = getattr(ggml, f"ggml_backend_dev_{what}")(device)
    return text.decode("utf-8", "replace")
