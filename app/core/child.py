"""Child processes that may die at any moment, and typed calls to them.

llama.cpp aborts the process on a bad file and a PDF parser can hang, so both live in children. Everything between a
parent and a child is a msgspec struct in a versioned protocol, sent over a pipe; nothing is ever pickled.

One reader thread per child (in the parent) waits on the pipe and the process's sentinel at once, so that a kill is seen
within milliseconds. The child sends a beat every second from a thread of its own; a child that sends nothing for
``hang_timeout_s`` is ended. In the child, the end of the pipe means that the parent is gone: it leaves too.

``concurrent.futures.ProcessPoolExecutor`` was rejected: it pickles, and one death breaks the whole pool.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import msgspec

from app.core.error_info import ErrorInfo
from app.core.errors import SatchelError, WorkerDied, WorkerError, WorkerHung
from app.core.jobs import CancelToken

log = logging.getLogger(__name__)

BEAT_INTERVAL_S = 1.0

RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")


@dataclass(frozen=True)
class Protocol(Generic[RequestT, ReplyT]):
    """What may cross one pipe: a version and two (unions of) tagged msgspec structs.

    ``replies`` holds everything a child may send: results, streamed items and unasked events.
    """

    name: str
    version: int
    requests: Any
    replies: Any


# Frames. Bodies stay raw here, so that this module knows nothing of any protocol.
class _Hello(msgspec.Struct, tag="hello", array_like=True):
    protocol: str
    version: int


class _Call(msgspec.Struct, tag="call", array_like=True):
    id: int
    body: msgspec.Raw


class _Cancel(msgspec.Struct, tag="cancel", array_like=True):
    id: int


class _Stop(msgspec.Struct, tag="stop", array_like=True):
    pass


class _Item(msgspec.Struct, tag="item", array_like=True):
    id: int
    body: msgspec.Raw


class _Result(msgspec.Struct, tag="result", array_like=True):
    id: int
    body: msgspec.Raw


class _Failure(msgspec.Struct, tag="failure", array_like=True):
    id: int
    error: ErrorInfo


class _Event(msgspec.Struct, tag="event", array_like=True):
    body: msgspec.Raw


class _Beat(msgspec.Struct, tag="beat", array_like=True):
    pass


_ToChild = _Call | _Cancel | _Stop
_ToParent = _Hello | _Item | _Result | _Failure | _Event | _Beat
_encoder = msgspec.msgpack.Encoder()


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
            if self._process is not None and self._process.is_alive() and self._connection is not None:
                return
            if self._reader is not None and self._reader is not threading.current_thread():
                self._reader.join(timeout=5.0)
            self._closing = False
            self._ready = threading.Event()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe(duplex=True)
            process = context.Process(
                target=self._entry,
                args=(theirs, *self._args),
                name=f"satchel-{self.protocol.name}",
                daemon=False,
            )
            process.start()
            theirs.close()  # else the child's end would never be seen as closed
            self._process, self._connection = process, ours
            self._reader = threading.Thread(
                target=self._read,
                args=(process, ours, self._ready),
                name=f"{self.protocol.name}-reader",
                daemon=True,
            )
            self._reader.start()
            ready = self._ready
        if not ready.wait(self._start_timeout_s) or self.pid is None:
            raise WorkerDied(
                f"The {self.protocol.name} process did not start.",
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
            self._send(_Call(call.id, msgspec.Raw(_encoder.encode(request))))
        except OSError:
            # The child ended between start() and here; its reader fails the call, or has already.
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
            self._send(_Stop())
        process.join(grace_s)
        for harder in (process.terminate, process.kill):
            if not process.is_alive():
                break
            harder()
            process.join(2.0)
        reader = self._reader
        if reader is not None and reader is not threading.current_thread():
            reader.join(timeout=5.0)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _send(self, frame: Any) -> None:
        connection = self._connection
        if connection is None:
            raise BrokenPipeError
        data = _encoder.encode(frame)
        with self._send_lock:
            connection.send_bytes(data)

    def _cancel(self, call_id: int) -> None:
        with self._lock:
            if call_id not in self._calls:
                return
        with contextlib.suppress(OSError):
            self._send(_Cancel(call_id))

    def _read(
        self, process: multiprocessing.process.BaseProcess, connection: Connection, ready: threading.Event
    ) -> None:
        frames = msgspec.msgpack.Decoder(_ToParent)
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
                    self._receive(frames.decode(connection.recv_bytes()), bodies, ready)
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
            calls, self._calls = self._calls, {}
            if self._connection is connection:
                self._connection = None
            connection.close()
            if not exit_.expected:
                self.crashes_in_a_row += 1
        ready.set()
        self._fail(calls, self._death(exit_))
        log.log(
            logging.INFO if exit_.expected else logging.ERROR,
            "%s (%d) ended: %s",
            process.name,
            exit_.pid,
            exit_.reason,
        )
        if self._on_exit is not None:
            self._guard(self._on_exit, exit_)

    def _receive(self, frame: Any, bodies: msgspec.msgpack.Decoder[Any], ready: threading.Event) -> None:
        match frame:
            case _Beat():
                return
            case _Hello(protocol, version):
                if (protocol, version) != (self.protocol.name, self.protocol.version):
                    raise msgspec.ValidationError(f"the child speaks {protocol} {version}")
                ready.set()
            case _Item(call_id, body):
                call = self._calls.get(call_id)
                if call is not None and call._on_item is not None:
                    self._guard(call._on_item, bodies.decode(body))
            case _Result(call_id, body):
                with self._lock:
                    call = self._calls.pop(call_id, None)
                    self.crashes_in_a_row = 0
                if call is not None:
                    call.future.set_result(bodies.decode(body))
            case _Failure(call_id, error):
                with self._lock:
                    call = self._calls.pop(call_id, None)
                if call is not None:
                    call.future.set_exception(error.to_exception())
            case _Event(body):
                if self._on_event is not None:
                    self._guard(self._on_event, bodies.decode(body))

    def _guard(self, callback: Callable[[Any], None], value: Any) -> None:
        try:
            callback(value)
        except Exception:
            log.exception("%s: a listener failed", self.protocol.name)

    def _death(self, exit_: Exit | None) -> WorkerError:
        what = f"The {self.protocol.name} process ended unexpectedly."
        next_step = "It starts again with the next request; nothing that was saved is lost."
        if exit_ is not None and exit_.expected:
            return WorkerDied(f"The {self.protocol.name} process was closed.")
        kind = WorkerHung if exit_ is not None and exit_.hung else WorkerDied
        return kind(what, exit_.reason if exit_ is not None else "", next_step)

    @staticmethod
    def _fail(calls: dict[int, Call[ReplyT]], error: WorkerError) -> None:
        for call in calls.values():
            if not call.future.done():
                with contextlib.suppress(Exception):
                    call.future.set_exception(error)


def _exit_code(process: multiprocessing.process.BaseProcess, within_s: float = 1.0) -> int | None:
    # Where two threads wait for a process at once (close() and the reader), the operating system tells only one; the
    # other sees no code until the first has noted it.
    deadline = time.monotonic() + within_s
    while (code := process.exitcode) is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return code


# -- the child's side -------------------------------------------------------------------------------------------------


class Channel(Generic[ReplyT]):
    """The child's way to send unasked events to the parent. Safe from any thread; a lost parent is not an error."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def event(self, body: ReplyT) -> None:
        """Send an event that answers no call."""
        self._send(_Event(msgspec.Raw(_encoder.encode(body))))

    def _send(self, frame: Any) -> None:
        data = _encoder.encode(frame)
        with self._lock, contextlib.suppress(OSError):
            self._connection.send_bytes(data)


class CallContext(Generic[ReplyT]):
    """What a handler gets beside the request: where to stream items, and whether the caller still wants them."""

    def __init__(self, channel: Channel[ReplyT], call_id: int) -> None:
        self._channel = channel
        self._id = call_id
        self.cancel = CancelToken()

    def emit(self, body: ReplyT) -> None:
        """Stream one item of this call."""
        self._channel._send(_Item(self._id, msgspec.Raw(_encoder.encode(body))))


Handler = Callable[[Any, CallContext[Any]], Any]


def serve(
    connection: Connection,
    protocol: Protocol[Any, Any],
    build: Callable[[Channel[Any]], tuple[Handler, Callable[[], None]]],
    *,
    threads: int = 1,
    grace_s: float = 5.0,
) -> None:
    """Run a child until the parent says stop or is gone.

    ``build`` makes the long-lived objects and returns ``(handle, shut_down)``. ``handle(request, context)`` runs on
    one of ``threads`` threads, in order when there is one, and returns the result; what it raises goes to the caller.
    A handler that does not see its cancel token within ``grace_s`` at the end is left behind.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to the whole group; the parent decides
    channel: Channel[Any] = Channel(connection)
    beating = threading.Event()
    threading.Thread(target=_beat, args=(channel, beating), name="beat", daemon=True).start()
    handle, shut_down = build(channel)
    contexts: dict[int, CallContext[Any]] = {}
    bodies = msgspec.msgpack.Decoder(protocol.requests)
    frames = msgspec.msgpack.Decoder(_ToChild)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="call")

    def run(call_id: int, body: bytes, context: CallContext[Any]) -> None:
        try:
            context.cancel.check()
            result = handle(bodies.decode(body), context)
            channel._send(_Result(call_id, msgspec.Raw(_encoder.encode(result))))
        except BaseException as error:
            if not isinstance(error, SatchelError):  # those are answers, not bugs
                log.warning("call failed", exc_info=True)
            channel._send(_Failure(call_id, ErrorInfo.of(error)))
        finally:
            contexts.pop(call_id, None)

    channel._send(_Hello(protocol.name, protocol.version))
    try:
        while True:
            match frames.decode(connection.recv_bytes()):
                case _Call(call_id, body):
                    context = contexts[call_id] = CallContext(channel, call_id)
                    pool.submit(run, call_id, bytes(body), context)
                case _Cancel(call_id):
                    if found := contexts.get(call_id):
                        found.cancel.cancel()
                case _Stop():
                    break
    except (EOFError, OSError):
        log.info("the parent is gone")
    for context in list(contexts.values()):
        context.cancel.cancel()
    # A handler may sit in native code that never looks at its token: do not wait for it for ever.
    threading.Thread(target=_leave_after, args=(grace_s,), name="leave", daemon=True).start()
    pool.shutdown(wait=True, cancel_futures=True)
    shut_down()
    beating.set()
    logging.shutdown()
    os._exit(0)  # native libraries crash in their own exit handlers often enough


def _beat(channel: Channel[Any], stop: threading.Event) -> None:
    while not stop.wait(BEAT_INTERVAL_S):
        channel._send(_Beat())


def _leave_after(grace_s: float) -> None:
    time.sleep(grace_s)
    log.warning("work was still under way %.0f s after the end was asked for; leaving it", grace_s)
    logging.shutdown()
    os._exit(0)
