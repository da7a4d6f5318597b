"""This machine, and what this build of llama.cpp can use of it, as sentences for a person."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.sizes import size_text
from app.hardware.gpus import NO_DRIVER
from app.hardware.machine import Accelerator, Gpu, Machine
from app.hardware.same_card import driver_entries

_NO_GPUS = ("CPU", "BLAS", "ACCEL")
"""Devices of llama.cpp that have no memory of their own and are not GPUs."""

_FOR_PROCESSOR = "this llama.cpp was built for the processor alone"
_BUILD = "start Satchel once with: CMAKE_ARGS=-DGGML_{}=on sh packaging/run.sh"


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
    entries = driver_entries(accelerators, machine.gpus)
    sentences += [_accelerator(each) for each, gpu in zip(accelerators, entries, strict=True) if gpu is None]
    if machine.gpu_problem and (machine.gpu_problem != NO_DRIVER or "NVIDIA" in machine.gpu_makers):
        sentences.append(machine.gpu_problem)
    if not supports_gpu_offload:
        return [*sentences, _without_gpu(machine)]
    if not accelerators:
        return [*sentences, _finds_none(machine)]
    named = ", ".join(f"{each.name}: {each.description}" for each in accelerators)
    sentences.append(f"Models can run on the GPU: llama.cpp uses {named}.")
    return [*sentences, *_unused(machine, devices, accelerators, entries)]


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


def _without_gpu(machine: Machine) -> str:
    """Why a llama.cpp for the processor alone uses no GPU, and what to do about it."""
    if machine.gpus:
        named = machine.gpus[0].name if len(machine.gpus) == 1 else f"{len(machine.gpus)} GPUs"
        return (
            f"The driver sees the GPU ({named}), but {_FOR_PROCESSOR}, so models run there. "
            f"To use the GPU, install the CUDA toolkit and {_BUILD.format('CUDA')}"
        )
    if "NVIDIA" in machine.gpu_makers:
        return (
            f"There is a GPU by NVIDIA here, but {_FOR_PROCESSOR}, so models run there. "
            f"To use the GPU, install NVIDIA's driver and the CUDA toolkit and {_BUILD.format('CUDA')}"
        )
    if machine.gpu_makers:
        return (
            f"There is a GPU by {' and '.join(machine.gpu_makers)} here, but {_FOR_PROCESSOR}, so models run there. "
            "To use the GPU, install its driver for Vulkan and the tools to build for it (Debian: libvulkan-dev and "
            f"glslc) and {_BUILD.format('VULKAN')}"
        )
    if machine.system.startswith("Linux"):
        return "Models run on the processor: no GPU was found."
    return f"Models run on the processor: no NVIDIA GPU was found, and {_FOR_PROCESSOR}."


def _finds_none(machine: Machine) -> str:
    sentence = "This llama.cpp can use a GPU but finds none it can drive, so models run on the processor."
    if machine.gpus or machine.gpu_makers:
        sentence += (
            " Update the graphics driver; an NVIDIA GPU is also hidden where CUDA_VISIBLE_DEVICES is set and does not "
            "name it."
        )
    return sentence


def _unused(
    machine: Machine, devices: Sequence[str], accelerators: Sequence[Accelerator], entries: Sequence[Gpu | None]
) -> list[str]:
    """The GPUs that get no part of a model, and why."""
    used = {each.name for each in accelerators}
    shown = {each.description for each in accelerators}
    said = []
    for device in devices:
        name, _, description = device.partition(": ")
        # A card that two backends show is used as one of them.
        if not name.startswith(_NO_GPUS) and name not in used and description not in shown:
            said.append(f"{device} stays unused: llama.cpp leaves integrated graphics out beside a graphics card.")
    known = [gpu for gpu in entries if gpu is not None]
    for gpu in machine.gpus if known else ():
        if gpu not in known:
            said.append(
                f"GPU {gpu.index} ({gpu.name}) stays unused: llama.cpp does not see it. Either CUDA_VISIBLE_DEVICES "
                "hides it, or it is too old for this llama.cpp."
            )
    return said


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
