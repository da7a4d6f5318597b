"""Stopping a reply, and waiting for the model while another conversation uses it."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from app.core.errors import Cancelled
from app.core.threads import on_thread

T = TypeVar("T")


class Stoppable(Protocol):
    """A call to a worker: see :class:`app.core.child.Call`."""

    @property
    def future(self) -> Future[Any]: ...

    def cancel(self) -> None: ...


class Run:
    """One reply being written. ``stop`` works at once, whatever the reply is doing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._call: Stoppable | None = None
        self._stopped = False
        self.done = threading.Event()
        """Set when the reply is saved for good."""

    @property
    def stopped(self) -> bool:
        """Whether the person stopped it."""
        return self._stopped

    def check(self) -> None:
        """Raise :class:`Cancelled` if the person stopped it."""
        if self._stopped:
            raise Cancelled

    def stop(self) -> None:
        """Ask it to end. From any thread, any number of times."""
        with self._lock:
            self._stopped = True
            call = self._call
        if call is not None:
            call.cancel()
        self._wake.set()

    def follow(self, call: Stoppable) -> None:
        """From now on ``stop`` cancels this call, and its end ends :meth:`wait`."""
        with self._lock:
            self._call = call
            stopped = self._stopped
        call.future.add_done_callback(lambda _: self._wake.set())
        if stopped:
            call.cancel()

    def wake(self) -> None:
        """End a :meth:`wait`."""
        self._wake.set()

    def wait(self, timeout_s: float) -> None:
        """Sleep until something happened: the followed call ended, :meth:`stop`, :meth:`wake`, or the time is over."""
        self._wake.wait(timeout_s)
        self._wake.clear()

    def unless_stopped(self, work: Callable[[], T], name: str) -> T:
        """Do work that cannot be stopped on a thread of its own and wait for it; a stop leaves it behind.

        Errors: what the work raises; :class:`Cancelled` on a stop.
        """
        future = on_thread(work, name)
        future.add_done_callback(lambda _: self._wake.set())
        while not future.done():
            self.wait(60.0)
            self.check()
        return future.result()


class ModelTurns:
    """The model answers one conversation at a time, in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Run] = deque()

    @contextlib.contextmanager
    def of(self, run: Run, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the model; ``on_wait`` is called once if it is in use. Errors: :class:`Cancelled` on a stop."""
        with self._lock:
            self._queue.append(run)
            first = self._queue[0] is run
        try:
            if not first:
                on_wait()
            while self._queue[0] is not run:
                run.wait(60.0)
                run.check()
            yield
        finally:
            with self._lock:
                self._queue.remove(run)
                if self._queue:
                    self._queue[0].wake()
