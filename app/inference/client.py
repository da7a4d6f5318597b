"""The window's side of the inference worker: plain calls, and what is known of the loaded model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from app.chat.transcript import ChatMessage
from app.core.child import Call, ChildProcess, Exit
from app.core.errors import WorkerDied
from app.core.jobs import CancelToken
from app.core.paths import Home
from app.inference import worker
from app.inference.probe import Probe
from app.inference.protocol import (
    PROTOCOL,
    AdapterUse,
    Backend,
    CountTokens,
    DescribeBackend,
    Generate,
    Generated,
    Load,
    Loaded,
    LoadProgress,
    LoadSettings,
    MemoryUse,
    PromptProgress,
    Reply,
    Request,
    Sampling,
    Text,
    TokenCounts,
    Unload,
    UseAdapters,
)


class InferenceClient:
    """Starts the worker on the first call, and again on the next call after it ended. Safe to use from any thread.

    Calls block until the worker answers, except :meth:`generate`. All raise what the worker raised,
    :class:`WorkerDied` or :class:`WorkerHung`. ``on_exit`` is called on a thread of the client's for each end of the
    worker.
    """

    def __init__(self, home: Home, on_exit: Callable[[Exit], None] | None = None) -> None:
        self._home = home
        self._on_exit = on_exit
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._probe = Probe(home)
        self._child: ChildProcess[Request, Reply] = ChildProcess(
            PROTOCOL, worker.run, (str(home.root),), on_exit=self._ended
        )

    @property
    def loaded(self) -> Loaded | None:
        """The model that the worker has; None when there is none, also after the worker ended."""
        return self._loaded

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._child.pid

    @property
    def crashes_in_a_row(self) -> int:
        """Unexpected ends of the worker since it last answered a call."""
        return self._child.crashes_in_a_row

    def describe_backend(self) -> Backend:
        """What this build of llama.cpp can use."""
        return cast(Backend, self._child.call(DescribeBackend()).result())

    def load(
        self,
        path: Path,
        settings: LoadSettings | None = None,
        threads_known: dict[str, int] | None = None,
        on_progress: Callable[[LoadProgress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Loaded:
        """Load a model in place of the one that is loaded; after a failure none is.

        Without ``threads_known`` (``Loaded.threads_measured`` of an earlier load), thread counts are measured, which
        takes up to two seconds. Errors: :class:`ModelError`, :class:`DoesNotFit`, :class:`Cancelled` through
        ``cancel``.
        """
        self._loaded = None
        request = Load(str(path), settings or LoadSettings(), threads_known or {})
        call = self._child.call(request, cast("Callable[[Reply], None] | None", on_progress))
        if cancel is not None:
            cancel.on_cancel(call.cancel)
        pid = self.pid
        try:
            loaded = cast(Loaded, call.result())
        except WorkerDied as error:
            raise WorkerDied(
                f"The model's process ended while it loaded “{path.name}”.",
                error.why,
                "The file may be damaged or too large for the memory that is free: try another one.",
            ) from None
        with self._lock:
            if self.pid == pid:  # else it ended just now
                self._loaded = loaded
        return loaded

    def unload(self) -> None:
        """Free the model's memory. Does not start a worker."""
        if self.pid is not None:
            self._child.call(Unload()).result()
        self._loaded = None

    def use_adapters(self, adapters: Sequence[AdapterUse]) -> None:
        """Use exactly these LoRA adapters with the loaded model; what it has in its cache is computed again."""
        self._child.call(UseAdapters(tuple(adapters))).result()

    def count_tokens(self, messages: Sequence[ChatMessage]) -> TokenCounts:
        """Tokens of each message in the loaded model's template."""
        return cast(TokenCounts, self._child.call(CountTokens(list(messages))).result())

    def generate(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling | None = None,
        max_tokens: int = 1024,
        on_item: Callable[[PromptProgress | Text], None] | None = None,
    ) -> Call[Generated]:
        """Start a reply; returns at once. ``on_item`` gets what streams, in order, on a thread of the client's.

        ``call.result()`` waits for the whole reply; ``call.cancel()`` ends it early, with stop reason "cancelled".
        """
        request = Generate(list(messages), sampling or Sampling(), max_tokens)
        call = self._child.call(request, cast("Callable[[Reply], None] | None", on_item))
        return cast("Call[Generated]", call)

    def probe(self, path: Path, settings: LoadSettings | None = None) -> MemoryUse:
        """What a model would take, by llama.cpp's own layout in a child of its own; the worker is not touched."""
        return self._probe.measure(path, settings or LoadSettings())

    def tensor_types(self, path: Path, file_type: str) -> dict[str, str]:
        """The types that quantizing ``path`` to ``file_type`` ("Q4_K_M") would give its tensors, by a dry run in the
        same child; tensors that are not named stay as they are. Errors: as :meth:`probe`."""
        return self._probe.tensor_types(path, file_type)

    def close(self) -> None:
        """End the worker."""
        self._probe.close()
        self._child.close()

    def _ended(self, exit_: Exit) -> None:
        with self._lock:
            self._loaded = None
        if self._on_exit is not None:
            self._on_exit(exit_)
