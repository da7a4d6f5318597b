"""From readings of memory to a level, with a memory of its own: a warning comes early, and does not flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from app.hardware.pressure import MemoryReading

PressureLevel = Literal["ok", "warning", "critical"]
_LEVELS: tuple[PressureLevel, ...] = ("ok", "warning", "critical")


@dataclass(frozen=True)
class Limits:
    """From where on memory counts as short. Bytes free, as the larger of the two; shares of time that work stood still;
    growth of what is swapped out, within the readings that are kept."""

    warning_bytes: int = 400_000_000
    warning_share: float = 0.04
    critical_bytes: int = 200_000_000
    critical_share: float = 0.02
    warning_some: float = 0.25
    warning_full: float = 0.08
    critical_full: float = 0.3
    swap_growth_bytes: int = 250_000_000
    swap_counts_below: float = 0.2
    """Swapping out while more than this share is free is housekeeping, not need."""


READINGS = 10
"""Kept: what they span is the time over which swapping is judged, and the calm that ends a warning."""

_RELIEF = 1.5
"""So many times the limit has to be free before a warning ends."""


class PressureGauge:
    """Give it a reading every second or two; it gives the level.

    A worse level counts when two readings in a row say so, ``critical`` at once; a better one only when the last
    :data:`READINGS` all said so with half as much again to spare.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._swapped: deque[int] = deque(maxlen=READINGS)
        self._strict: deque[int] = deque(maxlen=2)
        self._lenient: deque[int] = deque(maxlen=READINGS)
        self.level: PressureLevel = "ok"

    def read(self, reading: MemoryReading) -> PressureLevel:
        """The level after this reading."""
        self._swapped.append(reading.swapped_bytes)
        self._strict.append(self._severity(reading, 1.0))
        self._lenient.append(self._severity(reading, _RELIEF))
        now = _LEVELS.index(self.level)
        worse = 2 if self._strict[-1] == 2 else min(self._strict) if len(self._strict) == 2 else 0
        if worse > now:
            self.level = _LEVELS[worse]
            self._lenient.clear()
        elif len(self._lenient) == READINGS and max(self._lenient) < now:
            self.level = _LEVELS[max(self._lenient)]
        return self.level

    def _severity(self, reading: MemoryReading, relief: float) -> int:
        limits, free, total = self._limits, reading.available_bytes, reading.total_bytes
        if free < relief * max(limits.critical_bytes, limits.critical_share * total):
            return 2
        if relief * reading.stalls.full >= limits.critical_full:
            return 2
        grown = reading.swapped_bytes - min(self._swapped)
        if (
            free < relief * max(limits.warning_bytes, limits.warning_share * total)
            or relief * reading.stalls.full >= limits.warning_full
            or relief * reading.stalls.some >= limits.warning_some
            or (grown >= limits.swap_growth_bytes and free < limits.swap_counts_below * total)
        ):
            return 1
        return 0
