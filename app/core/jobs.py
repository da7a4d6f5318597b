"""Long work, seen from outside: how far it is, and how it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """How far a job is. ``total`` is 0 while it is not known."""

    done: int
    total: int
    unit: str
    phase: str = ""

    @property
    def fraction(self) -> float | None:
        """0.0 to 1.0, or None while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


class CancelToken:
    """Set once, by anyone; looked at by the work in its steps."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Ask the work to stop."""
        with self._lock:
            self._event.set()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called once when somebody asks, on the asking thread; at once if somebody has already.

        For work that sits in native code or in another process and cannot look at the token.
        """
        with self._lock:
            if not self._event.is_set():
                self._listeners.append(listener)
                return
        listener()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` if somebody asked."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, timeout_s: float) -> bool:
        """Sleep until cancelled or the time is over; True if cancelled."""
        return self._event.wait(timeout_s)
