"""What a model would take, laid out by llama.cpp itself in a short-lived process, without reading or allocating
weights.

The layout (``no_alloc``) asks llama.cpp for every buffer of a real load, so it is right for every architecture. It
runs in a child of its own because a damaged header can abort the process.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from app.core import log
from app.core.child import CallContext, Channel, ChildProcess, Handler, Protocol, serve
from app.core.errors import ModelError, WorkerDied, WorkerError, WorkerHung
from app.core.paths import Home
from app.inference.protocol import LoadSettings, MemoryUse

TIMEOUT_S = 60.0


class Measure(msgspec.Struct, tag=True, frozen=True):
    """Lay out a model file with these settings. Answer: :class:`Measured`."""

    path: str
    settings: LoadSettings


class Measured(msgspec.Struct, tag=True, frozen=True):
    """What it would take."""

    memory: MemoryUse


PROTOCOL: Protocol[Measure, Measured] = Protocol("sizing", 1, Measure, Measured)


def probe(home: Home, path: Path, settings: LoadSettings) -> MemoryUse:
    """Memory that ``path`` would take when loaded with ``settings``; ``resident_bytes`` is the whole worker's, as
    estimated.

    Takes about half a second, more with a large vocabulary. Errors: :class:`ModelError`, also when the child dies of
    the file; :class:`WorkerError` when it does not start.
    """
    child = ChildProcess(PROTOCOL, run, (str(home.root),))
    try:
        child.start()  # what fails here has nothing to do with the file
    except WorkerError:
        child.close(grace_s=0.0)
        raise
    try:
        return child.call(Measure(str(path), settings)).result(TIMEOUT_S).memory
    except (WorkerDied, WorkerHung) as error:
        raise ModelError(
            f"“{path.name}” is damaged, or of a kind that llama.cpp cannot handle.",
            f"llama.cpp ended while it read the file's header. {error.why}".strip(),
            "Download it again, or choose another file.",
        ) from None
    except TimeoutError:
        raise ModelError(
            f"“{path.name}” could not be measured.",
            f"llama.cpp was not done with its header after {TIMEOUT_S:.0f} seconds.",
            "Download it again, or choose another file.",
        ) from None
    finally:
        child.close(grace_s=0.5)


def run(connection: Connection, home_root: str) -> None:
    """Entry of the child process."""
    log.configure(Home(Path(home_root)), "sizing")
    serve(connection, PROTOCOL, _build)


def _build(channel: Channel[Measured]) -> tuple[Handler, Callable[[], None]]:
    from app.models.native import load_llama_cpp

    llama = load_llama_cpp()

    def handle(request: Measure, context: CallContext[Any]) -> Measured:
        return Measured(lay_out(llama, Path(request.path), request.settings))

    return handle, lambda: None


def lay_out(llama: Any, path: Path, settings: LoadSettings) -> MemoryUse:
    """The layout itself, in this process. Errors: :class:`ModelError`."""
    from app.inference.load_errors import check_file
    from app.inference.memory import memory_use, resident_bytes
    from app.inference.native_model import NativeModel
    from app.inference.threads import ThreadCounts
    from app.models.native import captured_log

    check_file(path, memory_available_bytes=None)  # whether it fits is what is asked here
    with captured_log() as lines:
        native = NativeModel(llama, path, settings, ThreadCounts(1, 1), lines, layout_only=True)
        try:
            weights = int(llama.llama_model_size(native.model))
            own = resident_bytes()  # the interpreter, the library and the vocabulary, which are real here
        finally:
            native.close()
    use = memory_use(lines, 0, weights)
    buffers = use.weights_bytes + use.kv_bytes + use.compute_bytes + use.output_bytes
    return msgspec.structs.replace(use, resident_bytes=own + buffers)
