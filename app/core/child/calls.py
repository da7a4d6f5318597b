"""The parent's calls in flight: each ends once, with what the child answered or with the child's end."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any, Generic

from app.core.child.frames import ReplyT
from app.core.errors import WorkerError

log = logging.getLogger(__name__)


class Call(Generic[ReplyT]):
    """One request under way. ``future`` gets the result or the error; ``cancel`` asks the child to stop."""

    def __init__(
        self, call_id: int, on_item: Callable[[ReplyT], None] | None, ask_to_stop: Callable[[int], None]
    ) -> None:
        self.future: Future[ReplyT] = Future()
        self.id = call_id
        self.on_item = on_item
        self._ask_to_stop = ask_to_stop

    def cancel(self) -> None:
        """Ask; the future then ends with :class:`Cancelled` or with the result, whichever the child got to first."""
        self._ask_to_stop(self.id)

    def result(self, timeout_s: float | None = None) -> ReplyT:
        """Wait for the result. Errors: what the child raised, a :class:`WorkerError`, TimeoutError."""
        return self.future.result(timeout_s)

    def fail(self, error: Exception) -> None:
        """End with an error, unless it ended already."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)


class Calls(Generic[ReplyT]):
    """The calls that one child has not answered yet. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._under_way: dict[int, Call[ReplyT]] = {}
        self._end: WorkerError | None = None

    def add(self, on_item: Callable[[ReplyT], None] | None, ask_to_stop: Callable[[int], None]) -> Call[ReplyT]:
        """A new call. It has failed already where the child has ended."""
        with self._lock:
            call = Call(next(self._ids), on_item, ask_to_stop)
            if self._end is None:
                self._under_way[call.id] = call
            end = self._end
        if end is not None:
            call.fail(end)
        return call

    def get(self, call_id: int) -> Call[ReplyT] | None:
        """The call, if it is under way."""
        with self._lock:
            return self._under_way.get(call_id)

    def take(self, call_id: int) -> Call[ReplyT] | None:
        """The call, if it is under way; from now on it is not."""
        with self._lock:
            return self._under_way.pop(call_id, None)

    def end(self, error: WorkerError) -> None:
        """The child is gone, and with it every call."""
        with self._lock:
            self._end = error
            left, self._under_way = self._under_way, {}
        for call in left.values():
            call.fail(error)


def tell(listener: Callable[[Any], None] | None, value: Any, who: str) -> None:
    """Call a listener, whose bugs must not cost the others their answers."""
    if listener is None:
        return
    try:
        listener(value)
    except Exception:
        log.exception("%s: a listener failed", who)
