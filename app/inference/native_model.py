"""A model and its context in llama.cpp's memory: loaded, asked about, freed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.core.errors import Cancelled, ModelError
from app.inference.adapters import LoadedAdapters
from app.inference.load_errors import load_error
from app.inference.params import context_params, model_params
from app.inference.protocol import LoadSettings
from app.inference.threads import ThreadCounts
from app.models.native import LogLine


class NativeModel:
    """Pointers to a llama_model and a llama_context, freed together by :meth:`close`.

    ``on_progress`` gets 0.0 to 1.0 while weights are read and returns whether to go on. ``log`` is what llama.cpp logs
    meanwhile (see ``captured_log``), for the reason of a failure. Errors: :class:`ModelError`, :class:`Cancelled`.
    """

    def __init__(
        self,
        llama: Any,
        path: Path,
        settings: LoadSettings,
        threads: ThreadCounts,
        log: Sequence[LogLine],
        *,
        on_progress: Callable[[float], bool] = lambda fraction: True,
        layout_only: bool = False,
    ) -> None:
        self._llama = llama
        self.context: Any = None
        cancelled = False

        def progress(fraction: float, _user_data: object) -> bool:
            nonlocal cancelled
            cancelled = cancelled or not on_progress(fraction)
            return not cancelled

        params = model_params(llama, settings, layout_only=layout_only)
        callback = llama.llama_progress_callback(progress)  # must live while the model loads
        params.progress_callback = callback
        self.model: Any = llama.llama_model_load_from_file(str(path).encode(), params)
        if not self.model:
            raise Cancelled() if cancelled else load_error(path, log)
        self.adapters = LoadedAdapters(llama, self.model, path)
        try:
            self.adapters.read(settings.adapters)
            self._make_context(path, settings, threads, log)
            if settings.adapters:
                self.adapters.apply(self.context, settings.adapters)
        except BaseException:
            self.close()
            raise

    def _make_context(self, path: Path, settings: LoadSettings, threads: ThreadCounts, log: Sequence[LogLine]) -> None:
        llama = self._llama
        if llama.llama_model_has_encoder(self.model) or not llama.llama_model_has_decoder(self.model):
            raise ModelError(
                f"“{path.name}” cannot be used for chat.",
                "It does not continue a text: it is an embedding or translation model.",
                "Choose a chat model.",
            )
        n_ctx_train = llama.llama_model_n_ctx_train(self.model)
        before = len(log)
        self.context = llama.llama_init_from_model(self.model, context_params(llama, settings, n_ctx_train, threads))
        if not self.context:
            raise load_error(
                path, log[before:], f"No context of {settings.n_ctx} tokens could be made for “{path.name}”."
            )
        if not llama.llama_get_memory(self.context):
            raise ModelError(
                f"“{path.name}” cannot be used for chat.",
                "It keeps no memory of a text; it is an embedding model.",
                "Choose a chat model.",
            )

    def set_threads(self, threads: ThreadCounts) -> None:
        """Use so many threads from now on."""
        self._llama.llama_set_n_threads(self.context, threads.decode, threads.prompt)

    def metadata(self, key: str) -> str:
        """A text of the file's header, or empty."""
        room = 256
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self._llama.llama_model_meta_val_str(self.model, key.encode(), buffer, room)
            if size < room:
                return buffer.value.decode("utf-8", "replace") if size >= 0 else ""
            room = size + 1

    @property
    def chat_template(self) -> str:
        """The template in the file, or empty."""
        found = self._llama.llama_model_chat_template(self.model, None)
        return found.decode("utf-8", "replace") if found else ""

    def close(self) -> None:
        """Free the memory; the pointers are invalid afterwards."""
        if self.context:
            self._llama.llama_free(self.context)
            self.context = None
        if self.model:
            self._llama.llama_model_free(self.model)
            self.model = None
