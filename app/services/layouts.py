"""Layouts from what llama.cpp says of its buffers, and those it was asked for before."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from app.inference.protocol import MemoryUse
from app.models.sizing import HOST, DeviceParts, Layout
from app.storage.measurements import LayoutRecords

_KEPT = 64


def layout_of(memory: MemoryUse) -> Layout:
    """The layout of a probe's answer. Where only the log could be read, all is counted as main memory."""
    if not memory.buffers:
        filled = memory.weights_bytes + memory.kv_bytes + memory.compute_bytes
        host = DeviceParts(HOST, memory.weights_bytes, memory.kv_bytes, memory.compute_bytes)
        return Layout((host,), max(memory.output_bytes, memory.resident_bytes - filled), source="log")
    devices = {HOST: DeviceParts(HOST)}
    for buffer in memory.buffers:
        before = devices.get(buffer.device, DeviceParts(buffer.device))
        devices[buffer.device] = DeviceParts(
            buffer.device,
            before.weights_bytes + buffer.weights_bytes,
            before.kv_bytes + buffer.kv_bytes,
            before.compute_bytes + buffer.compute_bytes,
        )
    on_gpus = sum(parts.total_bytes for device, parts in devices.items() if device != HOST)
    # The probe counts every buffer into what it expects of the worker; those of GPUs are not in main memory.
    other = memory.resident_bytes - devices[HOST].total_bytes - on_gpus
    return Layout(tuple(devices.values()), max(memory.output_bytes, other), source="llama.cpp")


def with_weights(layout: Layout, more: Mapping[str, int]) -> Layout:
    """The layout with so many bytes more of weights by device: adapters, which llama.cpp's books leave out."""
    devices = {parts.device: parts for parts in layout.devices}
    for device, size in more.items():
        parts = devices.get(device, DeviceParts(device))
        devices[device] = replace(parts, weights_bytes=parts.weights_bytes + size)
    return replace(layout, devices=tuple(devices.values()))


class LayoutShelf:
    """Layouts by a key that names all they depend on: in memory, and over restarts in ``records``. Safe from any
    thread."""

    def __init__(self, records: LayoutRecords | None) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._kept: dict[str, Layout] = {}

    def get(self, key: str) -> Layout | None:
        """The layout, or None."""
        with self._lock:
            known = self._kept.get(key)
        if known is None and self._records is not None:
            known = self._records.get(key)
        return known

    def keep(self, key: str, layout: Layout) -> None:
        """Keep it for :meth:`get`."""
        with self._lock:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = layout
        if self._records is not None:
            self._records.keep(key, layout)
