"""How much of this machine a model may fill: main memory, and the GPUs that llama.cpp can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.hardware.bandwidth import ReadSpeed
from app.hardware.machine import Accelerator, Gpu, Machine
from app.hardware.same_card import driver_entries
from app.models.plan import DeviceRoom, Room
from app.models.sizing import HOST
from app.models.verdict import reserve_bytes

STEP_BYTES = 2**26
"""Free memory counts in whole steps of 64 MiB: what other programs take and give back every second does not change the
answer."""

_METAL = ("MTL", "Metal")


def make_room(
    machine: Machine,
    accelerators: Sequence[Accelerator] = (),
    replaced: Mapping[str, int] | None = None,
    readers: Sequence[ReadSpeed] = (),
) -> Room:
    """What may be filled now.

    ``accelerators``: the GPUs that llama.cpp can use, in its order. ``replaced``: by device, the bytes that the loaded
    model gives back. ``readers``: how fast main memory is read, by the number of threads; empty: unknown.
    """
    replaced = replaced or {}
    free = _stepped(machine.memory_available_bytes + replaced.get(HOST, 0))
    bytes_per_s = max((each.bytes_per_s for each in readers), default=0.0)
    memory = DeviceRoom(HOST, "memory", free, reserve_bytes(free), machine.memory_total_bytes, bytes_per_s)
    entries = driver_entries(accelerators, machine.gpus)
    gpus = tuple(
        _gpu_room(number, accelerator, gpu, machine, replaced.get(accelerator.name, 0), memory)
        for number, (accelerator, gpu) in enumerate(zip(accelerators, entries, strict=True))
    )
    return Room(memory, gpus, tuple(readers))


def _gpu_room(
    number: int, accelerator: Accelerator, gpu: Gpu | None, machine: Machine, replaced: int, memory: DeviceRoom
) -> DeviceRoom:
    label = f"GPU {number if gpu is None else gpu.index} ({accelerator.description or accelerator.name})"
    if _unified(accelerator, gpu, machine):
        # Its limit within main memory, whose reserve holds for both.
        limit = accelerator.memory_free_bytes if accelerator.memory_total_bytes else memory.free_bytes
        return DeviceRoom(
            accelerator.name,
            label,
            _stepped(limit),
            0,
            accelerator.memory_total_bytes,
            memory.bytes_per_s,
            unified=True,
        )
    # The driver's reading is of now; llama.cpp's is of when it was asked, before the model that is replaced was loaded.
    free = _stepped(accelerator.memory_free_bytes if gpu is None else gpu.memory_free_bytes + replaced)
    total = accelerator.memory_total_bytes if gpu is None else gpu.memory_total_bytes
    speed = 0.0 if gpu is None else gpu.bytes_per_s
    return DeviceRoom(accelerator.name, label, free, reserve_bytes(free), total, speed)


def _unified(accelerator: Accelerator, gpu: Gpu | None, machine: Machine) -> bool:
    apple_silicon = accelerator.name.startswith(_METAL) and "arm64" in machine.system
    return accelerator.kind == "integrated" or apple_silicon or (gpu is not None and gpu.unified)


def _stepped(size_bytes: int) -> int:
    return max(0, size_bytes) // STEP_BYTES * STEP_BYTES
