"""Memory of this process: what is in RAM, the most that was, and what the allocator keeps although it is free."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_PEAK_RESET = "5"


def resident_bytes() -> int:
    """Memory of this process that is in RAM now."""
    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The most that was in RAM since :func:`reset_peak`; what is there now where the system does not keep it."""
    now = resident_bytes()
    if not _STATUS.exists():
        return now
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return max(now, int(line.split()[1]) * 1024)
    return now


def reset_peak() -> None:
    """Let the peak begin with what is in RAM now (Linux)."""
    with contextlib.suppress(OSError):
        if _CLEAR_REFS.exists():
            _CLEAR_REFS.write_text(_PEAK_RESET)


def limit_memory(extra_bytes: int) -> None:
    """Let this process ask for so much more address space than it has now, and no more (where the system obeys)."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = int(psutil.Process().memory_info().vms) + extra_bytes
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def release_free_memory() -> None:
    """Give the system what the C library keeps although nothing uses it (glibc): a header's copy is 10 MB and more."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
