"""Start a worker again that ended by itself, because it has work to go on with although nobody asks it anything."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from app.core.errors import SatchelError

log = logging.getLogger(__name__)


class Restarter:
    """Calls ``start`` in the background after an unexpected end, at most ``most`` times in ``within_s``: a worker that
    ends again and again is left to the next call that needs it, whose error says why. Safe from any thread.
    """

    def __init__(
        self, start: Callable[[], object], *, most: int = 3, within_s: float = 300.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._start = start
        self._most = most
        self._within_s = within_s
        self._now = now
        self._starts: deque[float] = deque()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._lock = threading.Lock()

    def ended(self) -> bool:
        """The worker ended unexpectedly. Returns whether it is started again; returns at once."""
        with self._lock:
            now = self._now()
            while self._starts and now - self._starts[0] >= self._within_s:
                self._starts.popleft()
            if self._closed or len(self._starts) >= self._most:
                return False
            self._starts.append(now)
            thread = threading.Thread(target=self._run, name="restart", daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()
        return True

    def close(self) -> None:
        """Start nothing any more, and wait for a start under way, so that what it started can be ended."""
        with self._lock:
            self._closed = True
            threads = self._threads
        for thread in threads:
            thread.join(30.0)

    def _run(self) -> None:
        if self._closed:
            return
        try:
            self._start()
        except SatchelError as error:
            log.warning("a worker did not start again: %s", error)
