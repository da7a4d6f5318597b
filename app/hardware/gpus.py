"""NVIDIA GPUs as the driver's own library (NVML) reports them, and every way that can fail, in words.

NVML says what the machine has, not what llama.cpp can use: that depends on how llama.cpp was built (``words.py``).
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.hardware.machine import Gpu

log = logging.getLogger(__name__)

NO_DRIVER = "No NVIDIA driver is installed here."


def read_gpus(nvml: Any = None) -> tuple[tuple[Gpu, ...], str]:
    """The GPUs with their memory, and why there are none, or why one could not be read (a sentence, or empty).

    ``nvml``: the module ``pynvml``, or what behaves like it. With MIG on, each instance is listed in place of its card.
    """
    if nvml is None:
        try:
            nvml = importlib.import_module("pynvml")
        except ImportError:
            return (), "NVIDIA GPUs cannot be looked for: the package nvidia-ml-py is missing."
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return (), _words(nvml, error)
    try:
        return _read(nvml)
    except nvml.NVMLError as error:
        return (), _words(nvml, error)
    finally:
        try:
            nvml.nvmlShutdown()
        except nvml.NVMLError:
            log.debug("NVML did not shut down", exc_info=True)


def _read(nvml: Any) -> tuple[tuple[Gpu, ...], str]:
    driver = _string(nvml.nvmlSystemGetDriverVersion())
    count = nvml.nvmlDeviceGetCount()
    if count == 0:
        return (), f"The NVIDIA driver {driver} runs, but it sees no GPU: none is plugged in or passed through."
    gpus: list[Gpu] = []
    problems: list[str] = []
    for index in range(count):
        try:
            card = nvml.nvmlDeviceGetHandleByIndex(index)
            if not _partitioned(nvml, card):
                gpus.append(_gpu(nvml, index, card, driver))
                continue
            instances, problem = _instances(nvml, index, card, driver)
            gpus += instances
            problems += [problem] if problem else []
        except nvml.NVMLError as error:  # unplugged since it was counted, fallen off the bus, not ours to use
            problems.append(f"GPU {index} could not be read. {_words(nvml, error)}")
    return tuple(gpus), " ".join(problems)


def _gpu(nvml: Any, index: int, device: Any, driver: str) -> Gpu:
    """One card. Errors: NVMLError, also for what every card has."""
    name = _string(nvml.nvmlDeviceGetName(device))
    total, free, unified = _memory(nvml, device)
    return Gpu(
        index,
        name,
        total,
        free,
        driver,
        uuid=_optional(nvml, lambda: _string(nvml.nvmlDeviceGetUUID(device)), ""),
        pci_bus_id=_pci(nvml, device),
        bytes_per_s=_bytes_per_s(nvml, device),
        unified=unified,
    )


def _memory(nvml: Any, device: Any) -> tuple[int, int, bool]:
    """Total and free bytes, and whether it is main memory that the GPU uses (then 0 and 0)."""
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(device)
    except nvml.NVMLError as error:
        if error.value != nvml.NVML_ERROR_NOT_SUPPORTED:
            raise
        return 0, 0, True
    return int(memory.total), int(memory.free), False


def _partitioned(nvml: Any, card: Any) -> bool:
    """Whether MIG is on: programs then run on instances, never on the card."""
    mode, _ = _optional(nvml, lambda: nvml.nvmlDeviceGetMigMode(card), (nvml.NVML_DEVICE_MIG_DISABLE, 0))
    return bool(mode == nvml.NVML_DEVICE_MIG_ENABLE)


def _instances(nvml: Any, index: int, card: Any, driver: str) -> tuple[list[Gpu], str]:
    """The instances of a card, each with its own memory, and why there are none, or fewer."""
    # Inside a container that was given an instance, the card itself may not be asked.
    total = int(_optional(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(card).total, 0))
    speed, slot = _bytes_per_s(nvml, card), _pci(nvml, card)
    found: list[Gpu] = []
    problem = ""
    for number in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
        try:
            device = nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, number)
            instance = _gpu(nvml, index, device, driver)
        except nvml.NVMLError as error:
            if error.value not in (nvml.NVML_ERROR_NOT_FOUND, nvml.NVML_ERROR_INVALID_ARGUMENT):  # else: not made
                problem = f"An instance of GPU {index} could not be read. {_words(nvml, error)}"
            continue
        # Of the memory's speed an instance has as much as of the memory.
        share = min(1.0, instance.memory_total_bytes / total) if total else 0.0
        found.append(replace(instance, pci_bus_id=slot, bytes_per_s=speed * share))
    if not found and not problem:
        problem = (
            f"GPU {index} is divided (MIG) but has no instance, so that nothing can run on it: make one with "
            "nvidia-smi mig -cgi, or switch MIG off."
        )
    return found, problem


def _bytes_per_s(nvml: Any, device: Any) -> float:
    """Two transfers a clock over the whole bus; 0.0 where clock or bus are not told."""
    clock_mhz = _optional(nvml, lambda: nvml.nvmlDeviceGetMaxClockInfo(device, nvml.NVML_CLOCK_MEM), 0)
    bus_bits = _optional(nvml, lambda: nvml.nvmlDeviceGetMemoryBusWidth(device), 0)
    return 2.0 * int(clock_mhz) * 1e6 * int(bus_bits) / 8


def _pci(nvml: Any, device: Any) -> str:
    """The slot with a domain of four digits, as llama.cpp and the system name it; NVML writes eight."""
    text: str = _optional(nvml, lambda: _string(nvml.nvmlDeviceGetPciInfo(device).busId), "")
    domain, separator, rest = text.lower().partition(":")
    return f"{domain[-4:]}{separator}{rest}"


def _optional(nvml: Any, ask: Callable[[], Any], default: Any) -> Any:
    """What not every card, instance and driver tells."""
    try:
        return ask()
    except nvml.NVMLError as error:
        if error.value in (nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED):
            raise
        return default


def _words(nvml: Any, error: Any) -> str:
    known = {
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: NO_DRIVER,
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "An NVIDIA driver is installed but not running: there may be no NVIDIA GPU, "
        "or the driver needs a restart of the machine after an update.",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "The NVIDIA driver was updated while running: restart the machine.",
        nvml.NVML_ERROR_NO_PERMISSION: "This account may not use the NVIDIA driver: on Linux, add it to the group "
        "that owns /dev/nvidia* (often video or render).",
        nvml.NVML_ERROR_GPU_IS_LOST: "The GPU has stopped answering: restart the machine.",
        nvml.NVML_ERROR_RESET_REQUIRED: "The GPU has to be reset: restart the machine.",
        nvml.NVML_ERROR_NOT_FOUND: "It is not there any more.",
        nvml.NVML_ERROR_INVALID_ARGUMENT: "It is not there any more.",
        nvml.NVML_ERROR_INSUFFICIENT_POWER: "Its power cables are not all connected.",
        nvml.NVML_ERROR_IRQ_ISSUE: "The system does not pass its interrupts on: restart the machine.",
    }
    return known.get(error.value, f"The NVIDIA driver reports: {error}.")


def _string(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
