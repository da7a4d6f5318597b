"""What a model would take, laid out by llama.cpp itself in a child process, without reading or allocating weights.

The layout (``no_alloc``) asks llama.cpp for every buffer of a real load, so it is right for every architecture. It
runs in a child of its own because a damaged header can abort the process. The child is kept for a while: the next
question then need not wait for its start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import msgspec

from app.core import log
from app.core.child import CallContext, Channel, ChildProcess, Handler, Protocol, serve
from app.core.errors import ModelError, WorkerDied, WorkerError, WorkerHung
from app.core.paths import Home
from app.inference.protocol import LoadSettings, MemoryUse

TIMEOUT_S = 60.0
IDLE_S = 30.0
"""So long after the last question the child ends."""
MOST_LAYOUTS = 500
"""Then the next one begins in a new child: whatever llama.cpp may leave behind does not add up."""

MOST_BYTES = 4 * 2**30
"""Recurrent state is allocated even in a layout, and a header may claim any amount of it; real ones are below 1 GB."""


class Measure(msgspec.Struct, tag=True, frozen=True):
    """Lay out a model file with these settings. Answer: :class:`Measured`."""

    path: str
    settings: LoadSettings


class Quantize(msgspec.Struct, tag=True, frozen=True):
    """How would llama.cpp store each tensor of this file as ``file_type`` ("Q4_K_M")? Answer: :class:`TensorTypes`."""

    path: str
    file_type: str


class Measured(msgspec.Struct, tag=True, frozen=True):
    """What it would take."""

    memory: MemoryUse


class TensorTypes(msgspec.Struct, tag=True, frozen=True):
    """ggml's names of the types ("Q6_K") by tensor; a tensor that is not there stays as it is."""

    types: dict[str, str]


Question = Measure | Quantize
Answer = Measured | TensorTypes

PROTOCOL: Protocol[Question, Answer] = Protocol("sizing", 2, Question, Answer)


class Probe:
    """Asks llama.cpp about files, one after the other. Safe from any thread; :meth:`close` ends its child.

    ``idle_s``: so long after the last question the child ends by itself.
    """

    def __init__(self, home: Home, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._child: ChildProcess[Question, Answer] = ChildProcess(PROTOCOL, run, (str(home.root),))
        self._one_at_a_time = threading.Lock()
        self._asked = 0
        self._idle: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid

    def measure(self, path: Path, settings: LoadSettings) -> MemoryUse:
        """Memory that ``path`` would take when loaded with ``settings``; ``resident_bytes`` is the whole worker's, as
        estimated.

        Takes some 0.05 s, more with a large vocabulary, and about half a second more when the child has to start.
        Errors: :class:`ModelError`, also when the child dies of the file; :class:`WorkerError` when it does not start.
        """
        return cast(Measured, self._ask(Measure(str(path), settings), path)).memory

    def tensor_types(self, path: Path, file_type: str) -> dict[str, str]:
        """The types that a quantization of ``path`` to ``file_type`` would give its tensors. Errors: as above."""
        return cast(TensorTypes, self._ask(Quantize(str(path), file_type), path)).types

    def close(self) -> None:
        """End the child."""
        with self._one_at_a_time:
            self._end()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _ask(self, question: Question, path: Path) -> Answer:
        # One at a time, so that a death is the fault of the file that was asked about.
        with self._one_at_a_time:
            self._keep_alive()
            try:
                self._child.start()  # what fails here has nothing to do with the file
            except WorkerError:
                self._end()
                raise
            try:
                return self._child.call(question).result(TIMEOUT_S)
            except (WorkerDied, WorkerHung) as error:
                raise ModelError(
                    f"“{path.name}” is damaged, or of a kind that llama.cpp cannot handle.",
                    f"llama.cpp ended while it read the file's header. {error.why}".strip(),
                    "Download it again, or choose another file.",
                ) from None
            except TimeoutError:
                self._end()
                raise ModelError(
                    f"“{path.name}” could not be measured.",
                    f"llama.cpp was not done with its header after {TIMEOUT_S:.0f} seconds.",
                    "Download it again, or choose another file.",
                ) from None
            finally:
                self._asked += 1
                if self._asked % MOST_LAYOUTS == 0:
                    self._end()

    def _keep_alive(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = threading.Timer(self._idle_s, self.close)
        self._idle.daemon = True
        self._idle.start()

    def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._child.close(grace_s=0.5)


def run(connection: Connection, home_root: str) -> None:
    """Entry of the child process."""
    log.configure(Home(Path(home_root)), "sizing")
    serve(connection, PROTOCOL, _build)


def _build(channel: Channel[Answer]) -> tuple[Handler, Callable[[], None]]:
    import app.inference.engine  # noqa: F401  # this process shall be as large as a worker without a model
    from app.inference.dry_run import tensor_types
    from app.inference.layout import lay_out
    from app.inference.process_memory import limit_memory, resident_bytes
    from app.models.native import load_llama_cpp

    llama = load_llama_cpp()
    process_bytes = resident_bytes()
    limit_memory(MOST_BYTES)

    def handle(request: Question, context: CallContext[Any]) -> Answer:
        match request:
            case Measure(path, settings):
                return Measured(lay_out(llama, Path(path), settings, process_bytes))
            case Quantize(path, file_type):
                return TensorTypes(tensor_types(llama, Path(path), file_type))

    return handle, lambda: None
