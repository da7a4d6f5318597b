"""Parser processes that misbehave: entries to start instead of the real one."""

from __future__ import annotations

import ctypes
import os
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.core.child import CallContext, serve
from app.core.errors import WorkerError
from app.knowledge.parse import ParsedFile
from app.knowledge.parse.protocol import PROTOCOL, Parse, Parsed, Reply, Request


def crashing(connection: Connection, *limits: int) -> None:
    """Reads address 0 for a file named ``crash``, and the first time for ``once``; raises for one named ``bug``.

    Else it gives the path as text.
    """

    def handle(request: Request, context: CallContext[Any]) -> Reply:
        assert isinstance(request, Parse)
        if request.path.endswith("crash"):
            ctypes.string_at(0)
        if request.path.endswith("once") and not (first := Path(f"{request.path}.read")).exists():
            first.touch()
            ctypes.string_at(0)
        if request.path.endswith("bug"):
            raise WorkerError("Something went wrong inside Satchel.", "A test said so.")
        return Parsed(ParsedFile(request.path))

    serve(connection, PROTOCOL, lambda _: (handle, lambda: None))


def dying_at_first(folder: str, times: int, connection: Connection, *limits: int) -> None:
    """Ends at once, the first ``times`` times that it is started; ``folder`` is where it counts. Then as ``crashing``.

    Start it as ``partial(dying_at_first, folder, times)``.
    """
    starts = len(list(Path(folder).iterdir()))
    if starts < times:
        (Path(folder) / str(starts)).touch()
        os._exit(1)
    crashing(connection, *limits)
