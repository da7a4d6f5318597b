"""How short memory is right now: what is free, how much is swapped out, and how long programs wait for memory.

The waiting is Linux's pressure stall information (PSI): the share of the last ten seconds in which some, or all, of the
work stood still because memory had to be found first. It rises before anything is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from app.hardware.cgroup import CgroupLimits, own_group, read_cgroup


@dataclass(frozen=True)
class Stalls:
    """Shares of the last ten seconds, 0.0 to 1.0. ``some``: at least one program waited; ``full``: all did."""

    some: float = 0.0
    full: float = 0.0


@dataclass(frozen=True)
class MemoryReading:
    """Memory at one moment, in bytes. ``contained``: the total is a control group's limit, not the machine's."""

    total_bytes: int
    available_bytes: int
    swapped_bytes: int = 0
    stalls: Stalls = Stalls()
    contained: bool = False


def read_memory(limits: CgroupLimits | None = None) -> MemoryReading:
    """This process's view, cheap enough to ask every second. Without PSI (other systems, old kernels) no stalls.

    ``limits``: of its control group (default: found).
    """
    memory = psutil.virtual_memory()
    limits = read_cgroup() if limits is None else limits
    limit, free = limits.memory_limit_bytes, limits.memory_free_bytes
    return MemoryReading(
        total_bytes=memory.total if limit is None else min(memory.total, limit),
        available_bytes=memory.available if free is None else min(memory.available, free),
        swapped_bytes=psutil.swap_memory().used,
        stalls=read_stalls(),
        contained=limit is not None and limit < memory.total,
    )


def read_stalls(system: Path = Path("/proc/pressure/memory"), group: Path | None = None) -> Stalls:
    """The worse of the machine's stalls and those of this process's own control group (default: found)."""
    group = own_group() if group is None else group
    found = [_parse(file) for file in (system, group / "memory.pressure")]
    return Stalls(max(each.some for each in found), max(each.full for each in found))


def _parse(file: Path) -> Stalls:
    """Lines such as ``some avg10=1.53 avg60=0.87 avg300=0.26 total=1509``, in percent."""
    shares = {"some": 0.0, "full": 0.0}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):  # switched off in the kernel: OSError, too
        return Stalls()
    for line in lines:
        kind, _, rest = line.partition(" ")
        for field in rest.split():
            name, _, value = field.partition("=")
            if kind in shares and name == "avg10":
                try:
                    shares[kind] = float(value) / 100
                except ValueError:
                    continue
    return Stalls(**shares)
