"""This machine, and what this build of llama.cpp can use of it, as sentences for a person."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.sizes import size_text
from app.hardware.gpus import NO_DRIVER
from app.hardware.machine import Accelerator, Gpu, Machine

_NO_GPUS = ("CPU", "BLAS", "ACCEL")
"""Devices of llama.cpp that have no memory of their own and are not GPUs."""


def describe(
    machine: Machine,
    supports_gpu_offload: bool,
    devices: Sequence[str] = (),
    accelerators: Sequence[Accelerator] = (),
) -> list[str]:
    """One sentence each on cores, memory, every GPU, and whether llama.cpp can use a GPU.

    ``supports_gpu_offload``, ``devices`` and ``accelerators`` are what the inference worker's ``Backend`` says. GPUs
    that no NVIDIA driver knows are named as llama.cpp names them.
    """
    sentences = [_cores(machine), _memory(machine)]
    sentences += [_gpu(gpu) for gpu in machine.gpus]
    sentences += [_accelerator(each) for each in accelerators if not each.name.startswith("CUDA")]
    if machine.gpu_problem and machine.gpu_problem != NO_DRIVER:
        sentences.append(machine.gpu_problem)
    sentences.append(_acceleration(machine, supports_gpu_offload, devices))
    return sentences


def _cores(machine: Machine) -> str:
    sentence = f"{_plural(machine.physical_cores, 'core')}"
    if machine.logical_cores > machine.physical_cores:
        sentence += f" ({machine.logical_cores} threads)"
    sentence += f": {machine.processor}."
    if machine.usable_cores < machine.physical_cores:
        sentence += f" Satchel may use {machine.usable_cores} of them here."
    return sentence


def _memory(machine: Machine) -> str:
    return f"{size_text(machine.memory_total_bytes)} of memory, {size_text(machine.memory_available_bytes)} of it free."


def _accelerator(accelerator: Accelerator) -> str:
    named = f"{accelerator.name}: {accelerator.description}"
    if accelerator.kind == "integrated" or not accelerator.memory_total_bytes:
        return f"{named}, which uses main memory."
    total, free = size_text(accelerator.memory_total_bytes), size_text(accelerator.memory_free_bytes)
    return f"{named} can use {total} of memory, {free} of it free."


def _gpu(gpu: Gpu) -> str:
    if gpu.unified:
        return f"GPU {gpu.index}: {gpu.name}, which uses main memory."
    total, free = size_text(gpu.memory_total_bytes), size_text(gpu.memory_free_bytes)
    return f"GPU {gpu.index}: {gpu.name} with {total} of memory, {free} of it free."


def _acceleration(machine: Machine, supports_gpu_offload: bool, devices: Sequence[str]) -> str:
    accelerators = [device for device in devices if not device.startswith(_NO_GPUS)]
    if supports_gpu_offload and accelerators:
        return f"Models can run on the GPU: llama.cpp sees {', '.join(accelerators)}."
    if supports_gpu_offload:
        return "This llama.cpp can use a GPU but finds none it can drive, so models run on the processor."
    if machine.gpus:
        named = machine.gpus[0].name if len(machine.gpus) == 1 else f"{len(machine.gpus)} GPUs"
        return (
            f"The driver sees the GPU ({named}), but this llama.cpp was built for the processor alone, "
            "so models run there. To use the GPU, install the CUDA toolkit and start Satchel once with: "
            "CMAKE_ARGS=-DGGML_CUDA=on sh packaging/run.sh"
        )
    return "Models run on the processor: no GPU was found."


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
