"""What this machine has: processor, memory and GPUs, as psutil, NVML and the cgroup say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """One GPU as NVML reports it; with MIG, one instance."""

    index: int
    name: str
    memory_total_bytes: int
    memory_free_bytes: int
    driver_version: str = ""


@dataclass(frozen=True)
class Machine:
    """A reading of this machine at one moment. ``gpu_problem``: why GPUs could not be read, or empty."""

    processor: str
    physical_cores: int
    logical_cores: int
    usable_cores: int
    """What affinity and the cgroup's CPU quota leave to this process, at least 1."""
    memory_total_bytes: int
    """The cgroup's limit where it is lower than the machine's memory."""
    memory_available_bytes: int
    gpus: tuple[Gpu, ...] = ()
    gpu_problem: str = ""
    system: str = ""
