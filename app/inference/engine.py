"""llama.cpp in this process: at most one model, loaded, measured, asked. Lives in the inference worker only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError
from app.core.jobs import CancelToken
from app.hardware.busy import BusyMeter
from app.hardware.machine import Machine
from app.inference import threads
from app.inference.backend import accelerators, device_names
from app.inference.generation import Generator
from app.inference.kv_cache import KvCache
from app.inference.load_errors import check_file
from app.inference.memory import loaded_use
from app.inference.native_model import NativeModel
from app.inference.process_memory import release_free_memory, reset_peak
from app.inference.prompt_tokens import PromptTokens
from app.inference.protocol import (
    AdapterUse,
    Backend,
    Generate,
    Generated,
    Load,
    Loaded,
    LoadProgress,
    PromptProgress,
    Text,
    TokenCounts,
)
from app.inference.threads import ThreadCounts
from app.inference.tokens import Vocabulary
from app.inference.warm_up import warm_up
from app.models.native import captured_log, llama_cpp_version

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Current:
    native: NativeModel
    generator: Generator


class Engine:
    """Owns the loaded model. Not for several threads at once. ``llama``: the low-level bindings
    (``load_llama_cpp``)."""

    def __init__(self, llama: Any, machine: Machine, memory_available_bytes: Callable[[], int]) -> None:
        self._llama = llama
        self._machine = machine
        self._memory_available_bytes = memory_available_bytes
        self._current: _Current | None = None

    def describe(self) -> Backend:
        """This build of llama.cpp."""
        return Backend(
            version=f"llama-cpp-python {llama_cpp_version()}",
            supports_gpu_offload=bool(self._llama.llama_supports_gpu_offload()),
            devices=device_names(),
            system_info=self._llama.llama_print_system_info().decode("utf-8", "replace").strip(" |"),
            accelerators=accelerators(),
        )

    def load(self, request: Load, emit: Callable[[LoadProgress], None], cancel: CancelToken) -> Loaded:
        """Load in place of what is loaded. After a failure or a cancel nothing is.

        Errors: :class:`ModelError` with llama.cpp's own reason, :class:`DoesNotFit`, :class:`Cancelled`.
        """
        self.unload()
        reset_peak()
        started = time.perf_counter()
        while_reading = BusyMeter()
        path = Path(request.path)
        on_gpu = self._llama.llama_supports_gpu_offload() and request.settings.n_gpu_layers != 0
        check_file(path, None if on_gpu else self._memory_available_bytes())
        known = self._threads_known(request)
        throttled = _Throttle(emit)

        def weights_read(fraction: float) -> bool:
            throttled(LoadProgress(fraction, "weights"))
            return not cancel.cancelled

        with captured_log() as lines:
            native = NativeModel(
                self._llama,
                path,
                request.settings,
                known or self._threads_default(),
                lines,
                on_progress=weights_read,
            )
            try:
                buffers = tuple(lines)
                generator = self._generator(native)
                measured = warm_up(native, generator, known, self._thread_counts(), while_reading, cancel, throttled)
            except BaseException:
                native.close()
                raise
        release_free_memory()
        self._current = _Current(native, generator)
        chosen = measured or known or self._threads_default()
        loaded = Loaded(
            path=request.path,
            name=native.metadata("general.name") or path.stem,
            architecture=native.metadata("general.architecture"),
            n_ctx=generator.cache.size,
            n_ctx_train=self._llama.llama_model_n_ctx_train(native.model),
            n_vocab=generator.vocabulary.size,
            n_params=self._llama.llama_model_n_params(native.model),
            n_threads=chosen.decode,
            n_gpu_layers=request.settings.n_gpu_layers if self._llama.llama_supports_gpu_offload() else 0,
            has_chat_template=bool(native.chat_template),
            memory=loaded_use(self._llama, native.context, buffers),
            load_s=time.perf_counter() - started,
            threads_measured=measured.as_dict() if measured else {},
        )
        log.info("loaded %s in %.2f s, threads %s", path.name, loaded.load_s, chosen)
        return loaded

    def unload(self) -> None:
        """Free the model, if there is one."""
        if self._current is not None:
            current, self._current = self._current, None
            current.native.close()
            release_free_memory()

    def use_adapters(self, adapters: Sequence[AdapterUse]) -> None:
        """Use exactly these with the loaded model. What is in its cache was computed with others and is forgotten.

        Errors: :class:`ModelError` when nothing is loaded or one of them does not belong to it; nothing changes then.
        """
        current = self._loaded()
        if tuple(adapters) == current.native.adapters.in_use:
            return
        current.native.adapters.apply(current.native.context, adapters)
        current.generator.cache.clear()

    def count_tokens(self, messages: Sequence[ChatMessage]) -> TokenCounts:
        """Errors: :class:`ModelError` when nothing is loaded or the template fails."""
        generator = self._loaded().generator
        counts, frame = generator.prompt.counts(messages)
        return TokenCounts(counts, frame, generator.cache.size)

    def generate(
        self, request: Generate, emit: Callable[[PromptProgress | Text], None], cancel: CancelToken
    ) -> Generated:
        """See :meth:`Generator.generate`; also raises :class:`ModelError` when nothing is loaded."""
        return self._loaded().generator.generate(request, emit, cancel)

    def _loaded(self) -> _Current:
        if self._current is None:
            raise ModelError("No model is loaded.", "", "Choose a model first.")
        return self._current

    def _generator(self, native: NativeModel) -> Generator:
        vocabulary = Vocabulary(self._llama, native.model)
        prompt = PromptTokens(vocabulary, native.chat_template)
        cache = KvCache(self._llama, native.model, native.context)
        return Generator(self._llama, native.context, vocabulary, prompt, cache)

    # -- threads --------------------------------------------------------------------------------------------------

    def _thread_counts(self) -> list[int]:
        return threads.candidates(self._machine.physical_cores, self._machine.usable_cores)

    def _threads_default(self) -> ThreadCounts:
        cores = self._thread_counts()[0]
        return ThreadCounts(cores, cores)

    def _threads_known(self, request: Load) -> ThreadCounts | None:
        if request.settings.n_threads > 0:
            return ThreadCounts(request.settings.n_threads, request.settings.n_threads)
        return ThreadCounts.known(request.threads_known, self._machine.logical_cores)


class _Throttle:
    """llama.cpp reports each tensor; a person needs a hundred steps."""

    def __init__(self, emit: Callable[[LoadProgress], None]) -> None:
        self._emit = emit
        self._last = ("", -1.0)

    def __call__(self, progress: LoadProgress) -> None:
        phase, fraction = self._last
        if progress.phase != phase or progress.fraction >= 1.0 or progress.fraction - fraction >= 0.01:
            self._last = (progress.phase, progress.fraction)
            self._emit(progress)
