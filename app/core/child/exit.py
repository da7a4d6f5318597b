"""How a child ended."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

from app.core.errors import WorkerDied, WorkerError, WorkerHung


@dataclass(frozen=True)
class Exit:
    """How a child ended. ``reason`` is a sentence for a person; ``expected`` when we asked for it."""

    pid: int
    code: int | None
    expected: bool
    hung: bool = False

    @classmethod
    def of(cls, process: BaseProcess, *, expected: bool, hung: bool) -> Exit:
        """How this process ended, which it has."""
        return cls(process.pid or 0, _exit_code(process), expected, hung)

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


def death(process_words: str, exit_: Exit | None) -> WorkerError:
    """What a call gets that the child's end left without an answer; ``exit_`` None: how it ended is not known."""
    if exit_ is not None and exit_.expected:
        return WorkerDied(f"The {process_words} was closed.")
    kind = WorkerHung if exit_ is not None and exit_.hung else WorkerDied
    return kind(
        f"The {process_words} ended unexpectedly.",
        exit_.reason if exit_ is not None else "",
        "It starts again with the next request; nothing that was saved is lost.",
    )


def _exit_code(process: BaseProcess, within_s: float = 1.0) -> int | None:
    # Where two threads wait for a process at once (close() and the reader), the operating system tells only one; the
    # other sees no code until the first has noted it.
    deadline = time.monotonic() + within_s
    while (code := process.exitcode) is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return code
