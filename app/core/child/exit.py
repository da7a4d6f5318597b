"""How a child ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Exit:
    """How a child ended. ``reason`` is a sentence for a person; ``expected`` when we asked for it."""

    pid: int
    code: int | None
    expected: bool
    hung: bool = False

    @property
    def reason(self) -> str:
        """Why it ended, as a sentence for a person."""
        if self.hung:
            return "It stopped answering and was ended."
        if self.code is None:
            return "It ended for an unknown reason."
        if self.code >= 0:
            return f"It ended with exit code {self.code}."
        try:
            name = signal.Signals(-self.code).name
        except ValueError:
            name = f"signal {-self.code}"
        return _SIGNALS.get(name, f"It was ended by {name}.")


_SIGNALS = {
    "SIGKILL": "It was killed, perhaps by the system for lack of memory (SIGKILL).",
    "SIGABRT": "A library gave up: one of its internal checks failed (SIGABRT).",
    "SIGSEGV": "A library crashed with an invalid memory access (SIGSEGV).",
    "SIGILL": "The library was built for another processor (SIGILL).",
}
