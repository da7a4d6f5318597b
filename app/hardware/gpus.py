"""NVIDIA GPUs as the driver's own library (NVML) reports them, and every way that can fail, in words.

NVML says what the machine has, not what llama.cpp can use: that depends on how llama.cpp was built (``words.py``).
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
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
    problem = ""
    for index in range(count):
        try:
            card = nvml.nvmlDeviceGetHandleByIndex(index)
            for device in _instances(nvml, card):
                memory = nvml.nvmlDeviceGetMemoryInfo(device)
                name = _string(nvml.nvmlDeviceGetName(device))
                gpus.append(Gpu(index, name, int(memory.total), int(memory.free), driver))
        except nvml.NVMLError as error:
            problem = f"GPU {index} could not be read. {_words(nvml, error)}"
    return tuple(gpus), problem


def _instances(nvml: Any, card: Any) -> Iterator[Any]:
    try:
        mode, _ = nvml.nvmlDeviceGetMigMode(card)
    except nvml.NVMLError:  # a card without MIG
        yield card
        return
    if mode != nvml.NVML_DEVICE_MIG_ENABLE:
        yield card
        return
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
        try:
            yield nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index)
        except nvml.NVMLError as error:
            if error.value != nvml.NVML_ERROR_NOT_FOUND:  # an instance that was not made
                raise


def _words(nvml: Any, error: Any) -> str:
    known = {
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: NO_DRIVER,
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "An NVIDIA driver is installed but not running: there may be no NVIDIA GPU, "
        "or the driver needs a restart of the machine after an update.",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "The NVIDIA driver was updated while running: restart the machine.",
        nvml.NVML_ERROR_NO_PERMISSION: "This account may not use the NVIDIA driver: on Linux, add it to the group "
        "that owns /dev/nvidia* (often video or render).",
        nvml.NVML_ERROR_GPU_IS_LOST: "The GPU has stopped answering: restart the machine.",
    }
    return known.get(error.value, f"The NVIDIA driver reports: {error}.")


def _string(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
