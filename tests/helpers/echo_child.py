"""A small child process with a protocol of its own, for the tests of app.core.child."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from app.core.child import CallContext, Channel, ChildProcess, Handler, Protocol, serve
from app.core.child.frames import HelloFrame
from app.core.errors import Cancelled, DocumentError


class Echo(msgspec.Struct, tag=True, frozen=True):
    """Say ``text`` back."""

    text: str


class Count(msgspec.Struct, tag=True, frozen=True):
    """Stream 0 to ``to`` - 1, then answer ``to``."""

    to: int


class Wait(msgspec.Struct, tag=True, frozen=True):
    """Stream one item, then wait until cancelled; for ever where ``stubborn``."""

    stubborn: bool = False


class Fail(msgspec.Struct, tag=True, frozen=True):
    """Raise: a DocumentError, or a bug."""

    bug: bool


class Babble(msgspec.Struct, tag=True, frozen=True):
    """Answer what is no answer of this protocol."""


class Leave(msgspec.Struct, tag=True, frozen=True):
    """End the process at once with this exit code."""

    code: int


class Nested(msgspec.Struct, tag=True, frozen=True):
    """Start a child of this child and answer its pid."""


class Said(msgspec.Struct, tag=True, frozen=True):
    """An answer or an event."""

    text: str


class Number(msgspec.Struct, tag=True, frozen=True):
    """An item or an answer."""

    number: int


REQUESTS = Echo | Count | Wait | Fail | Babble | Leave | Nested
PROTOCOL: Protocol[Any, Any] = Protocol("echo", 1, REQUESTS, Said | Number)
OLDER: Protocol[Any, Any] = Protocol("echo", 0, REQUESTS, Said | Number)


def run(connection: Connection) -> None:
    """Entry of the child."""
    serve(connection, PROTOCOL, _build, threads=2, grace_s=0.5)


def run_older(connection: Connection) -> None:
    """Entry of a child of another version."""
    serve(connection, OLDER, _build)


def run_lingering(connection: Connection, marker: str) -> None:
    """Entry of a child that, the first time, hangs up at once but takes half a second to be gone."""
    if Path(marker).exists():
        run(connection)
        return
    Path(marker).touch()
    Channel[Any](connection)._send(HelloFrame(PROTOCOL.name, PROTOCOL.version))
    connection.close()
    threading.Event().wait(0.5)
    os._exit(1)


def run_nothing(connection: Connection) -> None:
    """Entry of a child that ends before it says anything."""
    os._exit(3)


def _build(channel: Channel[Any]) -> tuple[Handler, Callable[[], None]]:
    children: list[ChildProcess[Any, Any]] = []

    def handle(request: Any, context: CallContext[Any]) -> Any:
        match request:
            case Echo(text):
                channel.event(Said(f"heard {text}"))
                return Said(text)
            case Count(to):
                for number in range(to):
                    context.emit(Number(number))
                return Number(to)
            case Wait(stubborn):
                context.emit(Number(0))
                if stubborn:
                    threading.Event().wait()
                context.cancel.wait(60.0)
                raise Cancelled
            case Fail(bug):
                raise RuntimeError("oops") if bug else DocumentError("What.", "Why.", "Next.")
            case Babble():
                return Echo("no answer")
            case Leave(code):
                os._exit(code)
            case Nested():
                child: ChildProcess[Any, Any] = ChildProcess(PROTOCOL, run)
                child.start()
                children.append(child)
                return Number(child.pid or 0)
        raise TypeError(request)

    return handle, lambda: None
