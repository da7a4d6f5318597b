"""How fast bytes arrive, smoothed, and how many connections bring the most."""

from __future__ import annotations

import math

MOST_LANES = 4
_SMOOTH_S = 4.0
_JUDGE_EVERY_S = 2.0
_WORTH_IT = 1.12
"""One more connection stays if it brings this much more."""
_SETTLED_S = 60.0
_SMALL_BYTES = 64 * 2**20
"""What is left of a file below this is not worth a trial."""


class Pace:
    """Smoothed bytes per second. Times are any clock's, in seconds."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self.bytes_per_s = 0.0

    def note(self, now: float, done_bytes: int) -> None:
        """So many bytes are there now."""
        if self._last is None or done_bytes < self._last[1]:
            self._last, self.bytes_per_s = (now, done_bytes), 0.0
            return
        then, before = self._last
        if now - then < 0.2:
            return
        rate = (done_bytes - before) / (now - then)
        weight = 1.0 - math.exp(-(now - then) / _SMOOTH_S)
        self.bytes_per_s += (rate - self.bytes_per_s) * (weight if self.bytes_per_s else 1.0)
        if self.bytes_per_s < 1.0:
            self.bytes_per_s = 0.0
        self._last = (now, done_bytes)


class LaneChoice:
    """How many connections to use: one, and another one for as long as each brings more than the last.

    Where one fills the line (the usual case) it stays at one, and tries again after a minute, as lines change.
    """

    def __init__(self) -> None:
        self.count = 1
        self._since: tuple[float, int] | None = None
        self._rate_before = 0.0
        self._trying = False
        self._settled_until = 0.0

    def note(self, now: float, done_bytes: int, size: int) -> None:
        """So many bytes are there now."""
        if self._since is None or done_bytes < self._since[1]:
            self._since = (now, done_bytes)
            return
        then, before = self._since
        if now - then < _JUDGE_EVERY_S:
            return
        rate = (done_bytes - before) / (now - then)
        self._since = (now, done_bytes)
        if self._trying and rate < _WORTH_IT * self._rate_before:
            self._settle(now, self.count - 1)
        elif self.count == MOST_LANES:
            self._settle(now, self.count)
        elif now >= self._settled_until and rate > 0 and size - done_bytes > _SMALL_BYTES:
            self._trying, self._rate_before = True, rate
            self.count += 1

    def ease(self, now: float) -> None:
        """The server has too much to do: one connection."""
        self._settle(now, 1)

    def _settle(self, now: float, count: int) -> None:
        self.count = count
        self._trying = False
        self._settled_until = now + _SETTLED_S
