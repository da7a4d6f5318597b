"""The parent's side: starting a child, calling it, and seeing it end."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing.connection import Connection, wait
from typing import Any, Generic

import msgspec

from app.core.child.exit import Exit
from app.core.child.frames import (
    BEAT_INTERVAL_S,
    BeatFrame,
    CallFrame,
    CancelFrame,
    EventFrame,
    FailureFrame,
    HelloFrame,
    ItemFrame,
    Protocol,
    ReplyT,
    RequestT,
    ResultFrame,
    StopFrame,
    ToParent,
    encoder,
)
from app.core.errors import WorkerDied, WorkerError, WorkerHung

log = logging.getLogger(__name__)

READER_JOIN_S = 10.0
"""Longer than the reader waits for a process that hung up but does not leave (5 s, then a kill)."""


class Call(Generic[ReplyT]):
    """One request under way. ``future`` gets the result or the error; ``cancel`` asks the child to stop."""

    def __init__(self, owner: ChildProcess[Any, ReplyT], call_id: int, on_item: Callable[[ReplyT], None] | None):
        self.future: Future[ReplyT] = Future()
        self.id = call_id
        self._owner = owner
        self._on_item = on_item

    def cancel(self) -> None:
        """Ask; the future then ends with :class:`Cancelled` or with the result, whichever the child got to first."""
        self._owner._cancel(self.id)

    def result(self, timeout_s: float | None = None) -> ReplyT:
        """Wait for the result. Errors: what the child raised, a :class:`WorkerError`, TimeoutError."""
        return self.future.result(timeout_s)


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
        self._entry = entry
        self._args = args
        self._on_event = on_event
        self._on_exit = on_exit
        self._hang_timeout_s = hang_timeout_s
        self._start_timeout_s = start_timeout_s
        self._lock = threading.RLock()
        self._send_lock = threading.Lock()
        self._ids = itertools.count(1)
        self._calls: dict[int, Call[ReplyT]] = {}
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._closing = False
        # multiprocessing joins its children at exit; a child that was not asked to leave would be waited for for ever.
        atexit.register(self.close)
        self.crashes_in_a_row = 0
        """Unexpected ends since the last call that gave a result."""

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def start(self) -> None:
        """Start the child unless it runs. Errors: :class:`WorkerError` if it does not come up."""
        with self._lock:
            if self._runs():
                return
        self._join_reader()  # a child that ended is first seen to its end, which needs the lock
        with self._lock:
            if self._runs():
                return
            self._closing = False
            calls: dict[int, Call[ReplyT]] = {}
            self._calls = calls
            self._ready = threading.Event()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe(duplex=True)
            process = context.Process(
                target=self._entry,
                args=(theirs, *self._args),
                name=f"satchel-{self.protocol.name}",
                daemon=False,
            )
            with _interrupts_held_back():
                process.start()
            theirs.close()  # else the child's end would never be seen as closed
            self._process, self._connection = process, ours
            self._reader = threading.Thread(
                target=self._read,
                args=(process, ours, calls, self._ready),
                name=f"{self.protocol.name}-reader",
                daemon=True,
            )
            self._reader.start()
            ready = self._ready
        if not ready.wait(self._start_timeout_s) or self.pid is None:
            raise WorkerDied(
                f"The {self.protocol.process_words} did not start.",
                "It ended or did not answer in time.",
                "See the log; a reinstall with packaging/run.sh may mend it.",
            )

    def call(self, request: RequestT, on_item: Callable[[ReplyT], None] | None = None) -> Call[ReplyT]:
        """Send a request. ``on_item`` gets what the child streams, in order, on the reader thread."""
        self.start()
        with self._lock:
            call: Call[ReplyT] = Call(self, next(self._ids), on_item)
            self._calls[call.id] = call
        try:
            self._send(CallFrame(call.id, msgspec.Raw(encoder.encode(request))))
        except OSError:
            # The child hung up between start() and here. Its reader fails the call and knows the reason; only after
            # that is the next call sure of a new child, for a process may take long to be gone.
            self._join_reader()
            self._fail({call.id: call}, self._death(None))
        return call

    def close(self, grace_s: float = 3.0) -> None:
        """Ask the child to end, then terminate, then kill."""
        with self._lock:
            process = self._process
            self._closing = True
        if process is None:
            return
        with contextlib.suppress(OSError):
            self._send(StopFrame())
        process.join(grace_s)
        for harder in (process.terminate, process.kill):
            if not process.is_alive():
                break
            harder()
            process.join(2.0)
        self._join_reader()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _runs(self) -> bool:
        return self._process is not None and self._process.is_alive() and self._connection is not None

    def _join_reader(self) -> None:
        reader = self._reader
        if reader is not None and reader is not threading.current_thread():
            reader.join(timeout=READER_JOIN_S)

    def _send(self, frame: Any) -> None:
        connection = self._connection
        if connection is None:
            raise BrokenPipeError
        data = encoder.encode(frame)
        with self._send_lock:
            connection.send_bytes(data)

    def _cancel(self, call_id: int) -> None:
        with self._lock:
            if call_id not in self._calls:
                return
        with contextlib.suppress(OSError):
            self._send(CancelFrame(call_id))

    def _read(
        self,
        process: multiprocessing.process.BaseProcess,
        connection: Connection,
        calls: dict[int, Call[ReplyT]],
        ready: threading.Event,
    ) -> None:
        frames = msgspec.msgpack.Decoder(ToParent)
        bodies = msgspec.msgpack.Decoder(self.protocol.replies)
        hung = False
        while True:
            timeout = self._hang_timeout_s if ready.is_set() else self._start_timeout_s
            found = wait([connection, process.sentinel], timeout)
            if not found and not wait([connection, process.sentinel], BEAT_INTERVAL_S * 2):  # second look: sleep mode
                log.error("%s: no sign of life for %.0f s, ending it", self.protocol.name, timeout)
                hung = True
                process.kill()
                break
            try:
                while connection.poll(0):
                    self._receive(frames.decode(connection.recv_bytes()), bodies, calls, ready)
            except (EOFError, OSError):
                break
            except msgspec.MsgspecError:
                log.exception("%s: a frame that is not of the protocol", self.protocol.name)
                process.kill()
                break
            if process.sentinel in found and not connection.poll(0):
                break
        process.join(5.0)
        if process.is_alive():  # it closed its pipe but does not leave
            process.kill()
            process.join(5.0)
        exit_ = Exit(process.pid or 0, _exit_code(process), expected=self._closing, hung=hung)
        with self._lock:
            left = dict(calls)
            calls.clear()
            if self._connection is connection:
                self._connection = None
            connection.close()
            if not exit_.expected:
                self.crashes_in_a_row += 1
        ready.set()
        self._fail(left, self._death(exit_))
        log.log(
            logging.INFO if exit_.expected else logging.ERROR,
            "%s (%d) ended: %s",
            process.name,
            exit_.pid,
            exit_.reason,
        )
        if self._on_exit is not None:
            self._guard(self._on_exit, exit_)

    def _receive(
        self,
        frame: Any,
        bodies: msgspec.msgpack.Decoder[Any],
        calls: dict[int, Call[ReplyT]],
        ready: threading.Event,
    ) -> None:
        match frame:
            case BeatFrame():
                return
            case HelloFrame(protocol, version):
                if (protocol, version) != (self.protocol.name, self.protocol.version):
                    raise msgspec.ValidationError(f"the child speaks {protocol} {version}")
                ready.set()
            case ItemFrame(call_id, body):
                call = calls.get(call_id)
                if call is not None and call._on_item is not None:
                    self._guard(call._on_item, bodies.decode(body))
            case ResultFrame(call_id, body):
                with self._lock:
                    call = calls.pop(call_id, None)
                    self.crashes_in_a_row = 0
                if call is not None:
                    call.future.set_result(bodies.decode(body))
            case FailureFrame(call_id, error):
                with self._lock:
                    call = calls.pop(call_id, None)
                if call is not None:
                    call.future.set_exception(error.to_exception())
            case EventFrame(body):
                if self._on_event is not None:
                    self._guard(self._on_event, bodies.decode(body))

    def _guard(self, callback: Callable[[Any], None], value: Any) -> None:
        try:
            callback(value)
        except Exception:
            log.exception("%s: a listener failed", self.protocol.name)

    def _death(self, exit_: Exit | None) -> WorkerError:
        what = f"The {self.protocol.process_words} ended unexpectedly."
        next_step = "It starts again with the next request; nothing that was saved is lost."
        if exit_ is not None and exit_.expected:
            return WorkerDied(f"The {self.protocol.process_words} was closed.")
        kind = WorkerHung if exit_ is not None and exit_.hung else WorkerDied
        return kind(what, exit_.reason if exit_ is not None else "", next_step)

    @staticmethod
    def _fail(calls: dict[int, Call[ReplyT]], error: WorkerError) -> None:
        for call in calls.values():
            if not call.future.done():
                with contextlib.suppress(Exception):
                    call.future.set_exception(error)


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let a child begin with Ctrl-C blocked: the whole group gets it, and the child is busy importing for a while."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker  # of POSIX only

    resource_tracker.ensure_running()  # starting it would unblock the signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit_code(process: multiprocessing.process.BaseProcess, within_s: float = 1.0) -> int | None:
    # Where two threads wait for a process at once (close() and the reader), the operating system tells only one; the
    # other sees no code until the first has noted it.
    deadline = time.monotonic() + within_s
    while (code := process.exitcode) is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return code
