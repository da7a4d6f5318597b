"""One life of a child, from its start to its end: its process, its pipe, and the thread that reads it.

The reader waits on the pipe and on the process at once. It is the only one that sees the end, and says it to all calls
that are under way.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Generic

import msgspec

from app.core.child.calls import Call, Calls, tell
from app.core.child.exit import Exit, death
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
    ToChild,
    ToParent,
    encoder,
)
from app.core.child.spawn import spawn

log = logging.getLogger(__name__)

READER_JOIN_S = 10.0
"""Longer than the reader waits for a process that hung up but does not leave (5 s, then a kill)."""


@dataclass(frozen=True)
class Kind(Generic[RequestT, ReplyT]):
    """What is the same in all lives of a child; :class:`ChildProcess` says what each means."""

    protocol: Protocol[RequestT, ReplyT]
    entry: Callable[..., None]
    args: tuple[Any, ...]
    on_event: Callable[[ReplyT], None] | None
    on_exit: Callable[[Exit], None] | None
    hang_timeout_s: float
    start_timeout_s: float


class Life(Generic[RequestT, ReplyT]):
    """See the module. It begins with the constructor; ``crashes``: in a row, before it."""

    def __init__(self, kind: Kind[RequestT, ReplyT], crashes: int) -> None:
        self.crashes = crashes
        """Unexpected ends in a row, this life's own included; a result begins anew."""
        self._kind = kind
        self._name = kind.protocol.name
        self._calls: Calls[ReplyT] = Calls()
        self._ready = threading.Event()
        self._send_lock = threading.Lock()
        self._closing = self._over = False
        self._process, self._connection = spawn(f"satchel-{self._name}", kind.entry, kind.args)
        self._reader = threading.Thread(target=self._read, name=f"{self._name}-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process.is_alive() else None

    @property
    def runs(self) -> bool:
        """Whether a call can be made."""
        return self._process.is_alive() and not self._over

    def wait_until_ready(self) -> bool:
        """Wait until the child said that it is there; whether it did."""
        return self._ready.wait(self._kind.start_timeout_s) and self.pid is not None

    def call(self, request: RequestT, on_item: Callable[[ReplyT], None] | None) -> Call[ReplyT]:
        """Send a request."""
        call = self._calls.add(on_item, self._cancel)
        try:
            self._send(CallFrame(call.id, msgspec.Raw(encoder.encode(request))))
        except OSError:
            # The child hung up meanwhile. The reader fails the call and knows the reason; only after that is the next
            # call sure of a new child, for a process may take long to be gone.
            self.join()
            call.fail(death(self._kind.protocol.process_words, None))
        return call

    def close(self, grace_s: float) -> None:
        """Ask the child to end, then terminate, then kill."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._send(StopFrame())
        self._process.join(grace_s)
        for harder in (self._process.terminate, self._process.kill):
            if not self._process.is_alive():
                break
            harder()
            self._process.join(2.0)
        self.join()

    def join(self) -> None:
        """Wait until the end was seen and said. From a listener, which the reader runs, it returns at once."""
        if self._reader is not threading.current_thread():
            self._reader.join(timeout=READER_JOIN_S)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _send(self, frame: ToChild) -> None:
        data = encoder.encode(frame)
        with self._send_lock:
            self._connection.send_bytes(data)

    def _cancel(self, call_id: int) -> None:
        if self._calls.get(call_id) is not None:
            with contextlib.suppress(OSError):
                self._send(CancelFrame(call_id))

    def _read(self) -> None:
        hung = self._listen()
        self._process.join(5.0)
        if self._process.is_alive():  # it closed its pipe but does not leave
            self._process.kill()
            self._process.join(5.0)
        exit_ = Exit.of(self._process, expected=self._closing, hung=hung)
        self._over = True
        with self._send_lock:  # who sends just now would write into whatever gets the descriptor next
            self._connection.close()
        if not exit_.expected:
            self.crashes += 1
        self._ready.set()
        self._calls.end(death(self._kind.protocol.process_words, exit_))
        level = logging.INFO if exit_.expected else logging.ERROR
        log.log(level, "%s (%d) ended: %s", self._process.name, exit_.pid, exit_.reason)
        tell(self._kind.on_exit, exit_, self._name)

    def _listen(self) -> bool:
        """Take in what the child sends, until it ends or hangs. True: it hung, and was killed."""
        frames = msgspec.msgpack.Decoder(ToParent)
        bodies = msgspec.msgpack.Decoder(self._kind.protocol.replies)
        both: list[Any] = [self._connection, self._process.sentinel]
        while True:
            timeout_s = self._kind.hang_timeout_s if self._ready.is_set() else self._kind.start_timeout_s
            found = wait(both, timeout_s)
            if not found and not wait(both, BEAT_INTERVAL_S * 2):  # second look: sleep mode
                log.error("%s: no sign of life for %.0f s, ending it", self._name, timeout_s)
                self._process.kill()
                return True
            try:
                while self._connection.poll(0):
                    self._receive(frames.decode(self._connection.recv_bytes()), bodies)
            except (EOFError, OSError):
                return False
            except msgspec.MsgspecError:
                log.exception("%s: a frame that is not of the protocol", self._name)
                self._process.kill()
                return False
            if self._process.sentinel in found and not self._connection.poll(0):
                return False

    def _receive(self, frame: ToParent, bodies: msgspec.msgpack.Decoder[Any]) -> None:
        match frame:
            case BeatFrame():
                return
            case HelloFrame(name, version):
                if (name, version) != (self._name, self._kind.protocol.version):
                    raise msgspec.ValidationError(f"the child speaks {name} {version}")
                self._ready.set()
            case ItemFrame(call_id, body):
                call = self._calls.get(call_id)
                if call is not None and call.on_item is not None:
                    tell(call.on_item, bodies.decode(body), self._name)
            case ResultFrame(call_id, body):
                reply = bodies.decode(body)  # before the call is taken: if it cannot be read, the end fails the call
                self.crashes = 0
                call = self._calls.take(call_id)
                if call is not None:
                    call.future.set_result(reply)
            case FailureFrame(call_id, error):
                failure = error.to_exception()
                call = self._calls.take(call_id)
                if call is not None:
                    call.fail(failure)
            case EventFrame(body):
                if self._kind.on_event is not None:
                    tell(self._kind.on_event, bodies.decode(body), self._name)
