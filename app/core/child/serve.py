"""The child's side: answering calls until the parent says stop or is gone."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Generic

import msgspec

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
    ResultFrame,
    StopFrame,
    ToChild,
    encoder,
)
from app.core.error_info import ErrorInfo
from app.core.errors import SatchelError
from app.core.jobs import CancelToken

log = logging.getLogger(__name__)


class Channel(Generic[ReplyT]):
    """The child's way to send unasked events to the parent. Safe from any thread; a lost parent is not an error."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def event(self, body: ReplyT) -> None:
        """Send an event that answers no call."""
        self._send(EventFrame(msgspec.Raw(encoder.encode(body))))

    def _send(self, frame: Any) -> None:
        data = encoder.encode(frame)
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
        self._channel._send(ItemFrame(self._id, msgspec.Raw(encoder.encode(body))))


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
    frames = msgspec.msgpack.Decoder(ToChild)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="call")

    def run(call_id: int, body: bytes, context: CallContext[Any]) -> None:
        try:
            context.cancel.check()
            result = handle(bodies.decode(body), context)
            channel._send(ResultFrame(call_id, msgspec.Raw(encoder.encode(result))))
        except BaseException as error:
            if not isinstance(error, SatchelError):  # those are answers, not bugs
                log.warning("call failed", exc_info=True)
            channel._send(FailureFrame(call_id, ErrorInfo.of(error)))
        finally:
            contexts.pop(call_id, None)

    channel._send(HelloFrame(protocol.name, protocol.version))
    try:
        while True:
            match frames.decode(connection.recv_bytes()):
                case CallFrame(call_id, body):
                    context = contexts[call_id] = CallContext(channel, call_id)
                    pool.submit(run, call_id, bytes(body), context)
                case CancelFrame(call_id):
                    if found := contexts.get(call_id):
                        found.cancel.cancel()
                case StopFrame():
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
        channel._send(BeatFrame())


def _leave_after(grace_s: float) -> None:
    time.sleep(grace_s)
    log.warning("work was still under way %.0f s after the end was asked for; leaving it", grace_s)
    logging.shutdown()
    os._exit(0)
