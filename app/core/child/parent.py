"""The parent's side: a child that is there when it is called, however often it has ended before."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import Any, Generic

from app.core.child.calls import Call
from app.core.child.exit import Exit
from app.core.child.frames import Protocol, ReplyT, RequestT
from app.core.child.life import Kind, Life
from app.core.errors import WorkerDied


class ChildProcess(Generic[RequestT, ReplyT]):
    """The parent's side: a child that is started on the first call, and started anew on the next call after it ended.

    ``entry`` is a module-level function ``entry(connection, *args)`` that ends in :func:`serve`; args must be plain
    values. ``on_event`` gets unasked events and ``on_exit`` each end; both run on the reader thread and must be quick.
    Safe to use from any thread.
    """

    def __init__(
        self,
        protocol: Protocol[RequestT, ReplyT],
        entry: Callable[..., None],
        args: tuple[Any, ...] = (),
        *,
        on_event: Callable[[ReplyT], None] | None = None,
        on_exit: Callable[[Exit], None] | None = None,
        hang_timeout_s: float = 20.0,
        start_timeout_s: float = 60.0,
    ) -> None:
        self.protocol = protocol
        self._kind = Kind(protocol, entry, args, on_event, on_exit, hang_timeout_s, start_timeout_s)
        self._lock = threading.Lock()
        self._life: Life[RequestT, ReplyT] | None = None
        # multiprocessing joins its children at exit; a child that was not asked to leave would be waited for for ever.
        atexit.register(self.close)

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        life = self._life
        return life.pid if life is not None else None

    @property
    def crashes_in_a_row(self) -> int:
        """Unexpected ends since the last call that gave a result."""
        life = self._life
        return life.crashes if life is not None else 0

    def start(self) -> None:
        """Start the child unless it runs. Errors: :class:`WorkerError` if it does not come up."""
        self._started()

    def call(self, request: RequestT, on_item: Callable[[ReplyT], None] | None = None) -> Call[ReplyT]:
        """Send a request. ``on_item`` gets what the child streams, in order, on the reader thread."""
        return self._started().call(request, on_item)

    def close(self, grace_s: float = 3.0) -> None:
        """Ask the child to end, then terminate, then kill."""
        with self._lock:
            life = self._life
        if life is not None:
            life.close(grace_s)

    def _started(self) -> Life[RequestT, ReplyT]:
        before = self._life
        if before is not None and not before.runs:
            before.join()  # a child that ended is first seen to its end: that counts its crash
        with self._lock:
            life = self._life
            if life is not None and life.runs:
                return life
            life = self._life = Life(self._kind, self.crashes_in_a_row)
        if not life.wait_until_ready():
            raise WorkerDied(
                f"The {self.protocol.process_words} did not start.",
                "It ended or did not answer in time.",
                "See the log; a reinstall with packaging/run.sh may mend it.",
            )
        return life
