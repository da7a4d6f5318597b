"""What this machine has: processor, memory and GPUs, as psutil, NVML and the cgroup say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Gpu:
    """One GPU as NVML reports it; with MIG, one instance.

    ``bytes_per_s``: how fast its memory can be read, by clock and bus width; 0.0 unknown. ``unified``: it has no memory
    of its own and uses main memory. ``pci_bus_id``: "0000:01:00.0", lower case; with MIG, the card's.
    """

    index: int
    name: str
    memory_total_bytes: int
    memory_free_bytes: int
    driver_version: str = ""
    uuid: str = ""
    pci_bus_id: str = ""
    bytes_per_s: float = 0.0
    unified: bool = False


@dataclass(frozen=True)
class Accelerator:
    """A GPU as llama.cpp sees it, whoever made it ("CUDA0", "Vulkan0", "MTL0"), with its memory in bytes, 0 if untold.

    ``pci_bus_id``: as :attr:`Gpu.pci_bus_id`, empty if untold.
    """

    name: str
    description: str
    kind: Literal["gpu", "integrated"]
    memory_total_bytes: int
    memory_free_bytes: int
    pci_bus_id: str = ""


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
    gpu_makers: tuple[str, ...] = ()
    """Who made the graphics cards that are plugged in ("AMD"), as far as the system tells; used or not."""
