"""What llama.cpp calls a GPU and what the driver calls it: the same cards in other orders, and not always all."""

from __future__ import annotations

from collections.abc import Sequence

from app.hardware.machine import Accelerator, Gpu


def driver_entries(accelerators: Sequence[Accelerator], gpus: Sequence[Gpu]) -> list[Gpu | None]:
    """For each of llama.cpp's GPUs the driver's entry, None where it has none; no entry twice.

    CUDA may count in another order (the fastest first), or see one of several only (``CUDA_VISIBLE_DEVICES``).
    """
    known = list(gpus)
    found: list[Gpu | None] = []
    for accelerator in accelerators:
        gpu = _same_card(accelerator, known)
        if gpu is not None:
            known.remove(gpu)
        found.append(gpu)
    return found


def _same_card(accelerator: Accelerator, gpus: Sequence[Gpu]) -> Gpu | None:
    """By slot where both tell it (with MIG, of the instances there the one with as much memory), else by name."""
    slot = accelerator.pci_bus_id
    if slot and any(gpu.pci_bus_id for gpu in gpus):
        fitting = [gpu for gpu in gpus if gpu.pci_bus_id == slot]
    else:
        fitting = [gpu for gpu in gpus if gpu.name == accelerator.description]
    total = accelerator.memory_total_bytes
    return min(fitting, key=lambda gpu: abs(gpu.memory_total_bytes - total), default=None)
