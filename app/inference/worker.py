"""The inference worker's process: one loaded model behind the inference protocol."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.core import log
from app.core.child import CallContext, Channel, Handler, serve
from app.core.paths import Home
from app.inference.protocol import (
    PROTOCOL,
    AdaptersUsed,
    CountTokens,
    DescribeBackend,
    Generate,
    Load,
    Reply,
    Unload,
    Unloaded,
    UseAdapters,
)


def run(connection: Connection, home_root: str) -> None:
    """Entry of the child process."""
    log.configure(Home(Path(home_root)), "inference")
    serve(connection, PROTOCOL, _build)


def _build(channel: Channel[Reply]) -> tuple[Handler, Callable[[], None]]:
    # Imported here: the window imports this module for its entry, and must not pay for the engine.
    from app.hardware.read import memory_available_bytes, read_machine
    from app.inference.engine import Engine
    from app.models.native import load_llama_cpp

    engine = Engine(load_llama_cpp(), read_machine(), memory_available_bytes)

    def handle(request: Any, context: CallContext[Any]) -> Reply:
        match request:
            case DescribeBackend():
                return engine.describe()
            case Load():
                return engine.load(request, context.emit, context.cancel)
            case Unload():
                engine.unload()
                return Unloaded()
            case UseAdapters(adapters):
                engine.use_adapters(adapters)
                return AdaptersUsed()
            case CountTokens(messages):
                return engine.count_tokens(messages)
            case Generate():
                return engine.generate(request, context.emit, context.cancel)
        raise TypeError(f"no such request: {request!r}")

    return handle, engine.unload
