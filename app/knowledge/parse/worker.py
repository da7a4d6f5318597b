"""The parser process: it limits itself before it touches any file, and may be killed at any moment.

It keeps nothing, so that a new one can take over with the next file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.core.child import CallContext, serve
from app.core.errors import DocumentError
from app.core.sizes import size_text
from app.knowledge.parse.files import MAX_FILE_BYTES, read_file
from app.knowledge.parse.protocol import PROTOCOL, Parse, Parsed, Rendered, Reply, Request
from app.knowledge.parse.reader import parse_file
from app.knowledge.priority import lower_process

if os.name == "posix":
    import resource


@dataclass(frozen=True)
class Limits:
    """What reading one file may take. ``cpu_s`` is the second line of defence: the parent counts the wall time."""

    memory_bytes: int
    cpu_s: int
    file_bytes: int = MAX_FILE_BYTES


def run(connection: Connection, memory_bytes: int, cpu_s: int, file_bytes: int, in_background: bool = False) -> None:
    """The process's entry. ``in_background``: nobody waits for it."""
    if in_background:
        lower_process()
    limits = Limits(memory_bytes, cpu_s, file_bytes)
    limit_memory(limits.memory_bytes)
    serve(connection, PROTOCOL, lambda _: (lambda request, context: _handle(request, context, limits), lambda: None))


def _handle(request: Request, context: CallContext[Any], limits: Limits) -> Reply:
    allow_cpu(limits.cpu_s)
    try:
        if isinstance(request, Parse):
            return Parsed(parse_file(Path(request.path), limits.file_bytes))
        from app.knowledge.parse import pdf

        data = read_file(Path(request.path), limits.file_bytes)
        return Rendered(pdf.render(data, request.page_number, request.width_px, request.start, request.end))
    except MemoryError:
        raise too_much_memory(limits.memory_bytes) from None


def too_much_memory(memory_bytes: int) -> DocumentError:
    """The words for a file that needs more than it may have."""
    return DocumentError(
        "This file needs too much memory to read.",
        f"Satchel gives {size_text(memory_bytes)} to the reading of one file.",
        "Split it, or save it in a simpler format.",
    )


def limit_memory(extra_bytes: int) -> None:
    """Let this process grow by ``extra_bytes`` of address space and no more; no core dumps. POSIX only.

    Windows would need a job object; there the parent's time limit is what remains.
    """
    if os.name != "posix":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    used = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + extra_bytes
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ValueError, OSError):  # macOS refuses; the time limit is what remains there
        return


def allow_cpu(seconds: int) -> None:
    """End this process if it computes for longer than ``seconds`` from now on.

    Native code that never lets go of Python's lock also stops this process from seeing that its parent is gone.
    """
    if os.name != "posix":
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
