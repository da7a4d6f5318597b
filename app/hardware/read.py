"""Reading this machine. Every figure is what this process may use, not what the box has printed on it."""

from __future__ import annotations

import math
import os
import platform
import sys
from pathlib import Path

import psutil

from app.hardware.cgroup import CgroupLimits, read_cgroup
from app.hardware.display_cards import read_makers
from app.hardware.gpus import read_gpus
from app.hardware.machine import Machine


def read_machine() -> Machine:
    """Read processor, memory and GPUs. Takes some milliseconds, more on the first call where an NVIDIA driver runs."""
    limits = read_cgroup()
    logical = psutil.cpu_count(logical=True) or 1
    memory = psutil.virtual_memory()
    gpus, gpu_problem = read_gpus()
    return Machine(
        processor=processor_name(),
        physical_cores=psutil.cpu_count(logical=False) or logical,
        logical_cores=logical,
        usable_cores=usable_cores(limits, logical),
        memory_total_bytes=min(memory.total, limits.memory_limit_bytes or memory.total),
        memory_available_bytes=_available(memory.available, limits),
        gpus=gpus,
        gpu_problem=gpu_problem,
        gpu_makers=read_makers(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def memory_total_bytes() -> int:
    """This machine's memory, or the cgroup's limit where that is lower."""
    total = psutil.virtual_memory().total
    return min(total, read_cgroup().memory_limit_bytes or total)


def memory_available_bytes() -> int:
    """Memory this process could still take without swapping; cheap enough to ask every second."""
    return _available(psutil.virtual_memory().available, read_cgroup())


def usable_cores(limits: CgroupLimits, logical: int) -> int:
    """Cores that affinity and the CPU quota leave, at least 1. A quota of 1.5 cores counts as 2."""
    # sched_getaffinity exists on Linux only; elsewhere every core may be used.
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else logical
    if limits.cpu_quota is not None:
        allowed = min(allowed, math.ceil(limits.cpu_quota))
    return max(1, allowed)


def machine_key() -> str:
    """By what this machine is told from others that may use the same data folder; cheap, and the same every day."""
    return f"{processor_name()}/{psutil.cpu_count(logical=True)}/{psutil.virtual_memory().total >> 30}"


def _available(machine_bytes: int, limits: CgroupLimits) -> int:
    return machine_bytes if limits.memory_free_bytes is None else min(machine_bytes, limits.memory_free_bytes)


def processor_name() -> str:
    """The processor as the system names it."""
    if sys.platform == "linux":  # platform.processor() is empty or "x86_64" there
        try:
            for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
                key, _, value = line.partition(":")
                if key.strip() in ("model name", "Hardware", "Model") and value.strip():
                    return " ".join(value.split())
        except OSError:
            pass
    return platform.processor() or platform.machine()
