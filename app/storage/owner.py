"""Which process writes a reply, and whether it still runs: an id and a start time, as ids come back after a restart."""

from __future__ import annotations

import psutil


def process_mark(pid: int) -> str:
    """What identifies a process on this machine."""
    return f"{pid} {psutil.Process(pid).create_time():.0f}"


def lives(owner: str) -> bool:
    """Whether the process with this mark runs; False for what is no mark."""
    try:
        pid, started = owner.split()
        process = psutil.Process(int(pid))
        # A corrected clock moves the start time that the system reports.
        same = abs(process.create_time() - float(started)) < 5.0
        return same and process.status() != psutil.STATUS_ZOMBIE  # killed, and its parent has not looked yet
    except (psutil.Error, ValueError):
        return False
