"""What keeps indexing from going on, and from when on people are told."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

_OFTEN = 3
_SOON_S = 1.0


@dataclass(frozen=True)
class _Standing:
    words: str
    times: int
    is_told: bool


class Trouble:
    """Trouble of several threads, by the thread's name. Safe from any thread.

    What may pass by itself (a child process that was killed) is tried again and told only when it has come three times
    in a row; what will not (a full disk) at once.
    """

    def __init__(self) -> None:
        self._standing: dict[str, _Standing] = {}
        self._lock = Lock()

    def came(self, where: str, words: str, *, may_pass: bool, try_again_s: float) -> float:
        """Take note of it. Returns seconds until it should be tried again, at most ``try_again_s``."""
        with self._lock:
            before = self._standing.get(where)
            times = before.times + 1 if before is not None else 1
            self._standing[where] = _Standing(words, times, not may_pass or times >= _OFTEN)
        return min(_SOON_S, try_again_s) if may_pass and times < _OFTEN else try_again_s

    def is_over(self, where: str) -> None:
        """It went on."""
        with self._lock:
            self._standing.pop(where, None)

    @property
    def words(self) -> str:
        """What people are told, as sentences; empty while there is nothing to tell."""
        with self._lock:
            return next((one.words for one in self._standing.values() if one.is_told), "")
