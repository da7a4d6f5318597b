"""How busy the machine is with the work of others, while something of ours is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

BUSY_SHARE = 0.1
"""From this share of the machine's processors on, what is timed meanwhile says more of others than of us."""


def cpu_seconds_of_others() -> float:
    """Processor time that all but this process have used so far, and what a hypervisor gave to other machines."""
    times = psutil.cpu_times()._asdict()
    unused = sum(times.get(kind, 0.0) for kind in ("idle", "iowait"))
    twice = sum(times.get(kind, 0.0) for kind in ("guest", "guest_nice"))  # part of "user" and "nice", too
    own = psutil.Process().cpu_times()
    return float(sum(times.values()) - unused - twice - own.user - own.system)


class BusyMeter:
    """Reads once when it is made and again for each :meth:`share`; costs well under a millisecond."""

    def __init__(
        self,
        used_s: Callable[[], float] = cpu_seconds_of_others,
        clock: Callable[[], float] = time.monotonic,
        processors: int | None = None,
    ) -> None:
        self._used_s = used_s
        self._clock = clock
        self._processors = processors or psutil.cpu_count() or 1
        self._since, self._used = clock(), used_s()

    def share(self) -> float:
        """Of all processors, the share that others used since this meter was made, 0.0 to 1.0."""
        elapsed = self._clock() - self._since
        if elapsed <= 0:
            return 0.0
        return min(1.0, max(0.0, (self._used_s() - self._used) / (elapsed * self._processors)))
