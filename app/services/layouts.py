"""From what llama.cpp says of its buffers to a layout by device."""

from __future__ import annotations

from app.inference.protocol import MemoryUse
from app.models.sizing import HOST, DeviceParts, Layout


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
