"""How long to wait after a failure, and when to give up."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

from app.models.download.outcomes import TryLater

_SOMETHING_BYTES = 16 * 1024


@dataclass(frozen=True)
class Timing:
    """All in seconds. Waits double from ``first_wait_s`` to ``longest_wait_s``, each shortened by chance by up to half,
    so that many clients do not come back all at once; a server that asks for a pause gets it, up to
    ``longest_pause_s``.

    ``give_up_s``: without anything worth mentioning, pauses that were asked for left aside. ``stall_s``: a connection
    without a byte for so long is hung up. ``sync_every_s``: the disk takes what is there; after a machine goes down,
    as much is fetched again as arrives in that time. ``tell_every_s``: at most so often is a change told, so that a
    burst of wishes is one.
    """

    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_pause_s: float = 3600.0
    give_up_s: float = 600.0
    stall_s: float = 30.0
    sync_every_s: float = 10.0
    tell_every_s: float = 0.2


class Patience:
    """Shared by the connections that fetch one file. Safe from any thread."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._lock = threading.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._last_byte = time.monotonic()
        self._why = ""
        self._arrived = 0

    def arrived(self, count: int) -> None:
        """So many bytes came. A trickle is not worth waiting for: it counts when there is something of it."""
        with self._lock:
            self._arrived += count
            if self._arrived < _SOMETHING_BYTES:
                return
            self._arrived = 0
            self._failures = 0
            self._last_byte = time.monotonic()
            if self._not_before <= self._last_byte:
                self._why = ""
        self._arrived = 0

    def failed(self, failure: TryLater) -> None:
        """Have everybody wait."""
        with self._lock:
            now = time.monotonic()
            if failure.wait_s is not None:
                wait = min(failure.wait_s, self._timing.longest_pause_s)
                self._last_byte += max(0.0, now + wait - max(self._not_before, now))
            elif now < self._not_before:
                return  # another connection failed for the same reason
            else:
                wait = min(self._timing.longest_wait_s, self._timing.first_wait_s * 2.0 ** min(self._failures, 20))
                wait *= random.uniform(0.5, 1.0)
            self._failures += 1
            self._not_before = max(self._not_before, now + wait)
            self._why = failure.why

    def forgive(self) -> None:
        """The time until now does not count: the offline switch was on."""
        with self._lock:
            self._last_byte = time.monotonic()

    @property
    def wait_s(self) -> float:
        """Until the next request; 0.0: now."""
        return max(0.0, self._not_before - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether it is time to give up."""
        with self._lock:
            return time.monotonic() - self._last_byte > self._timing.give_up_s

    @property
    def why(self) -> str:
        """The last failure, as part of a sentence; empty after bytes came."""
        return self._why
