"""Does it fit? Headers and llama.cpp's own layouts are kept, so that the question can be asked again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.core.errors import ModelError, WorkerError
from app.hardware.read import memory_available_bytes
from app.inference.client import InferenceClient
from app.inference.protocol import KvType, LoadSettings, MemoryUse
from app.models.gguf import Header
from app.models.model import ModelSummary, Verdict
from app.models.sizing import Layout, estimate, usable_context
from app.models.summary import kind_of, read_summary
from app.models.verdict import verdict
from app.storage.library import FileStamp

log = logging.getLogger(__name__)

CLEARLY_FITS = 0.6
"""An estimate of at most this share of what is free is believed; above it llama.cpp is asked (which takes a second)."""

_KEPT = 64


class ModelSizer:
    """Verdicts on model files. Safe from any thread.

    ``available_bytes`` says how much memory is free now.
    """

    def __init__(self, inference: InferenceClient, available_bytes: Callable[[], int] = memory_available_bytes) -> None:
        self._inference = inference
        self._available_bytes = available_bytes
        self._lock = threading.Lock()
        self._headers: dict[tuple[Path, FileStamp], tuple[Header, ModelSummary]] = {}
        self._measured: dict[tuple[Path, FileStamp, int, str], Layout] = {}

    def read(self, path: Path) -> tuple[Header, ModelSummary]:
        """The header and what it says. Errors: :class:`ModelError`."""
        stamp = FileStamp.of(path)
        with self._lock:
            known = self._headers.get((path, stamp)) if stamp is not None else None
        if known is not None:
            return known
        found = read_summary(path)
        if stamp is not None and stamp == FileStamp.of(path):  # else it is being written to
            with self._lock:
                _make_room(self._headers)
                self._headers[path, stamp] = found
        return found

    def verdict(self, path: Path, n_ctx: int, kv_type: str, *, measure: bool | None = None) -> Verdict:
        """Whether a file's model fits at this context.

        ``measure``: True asks llama.cpp to lay it out unless it has been asked before, False never, None when the
        estimate is not far below what is free. Where it cannot be asked (its process does not start; an embedding
        model), the estimate stands. Errors: :class:`ModelError`, also when llama.cpp cannot read the file.
        """
        header, _ = self.read(path)
        n_ctx = usable_context(header, n_ctx)
        free, replaced = self._available_bytes(), self._replaced_bytes()
        if measure is None:
            measure = estimate(header, n_ctx, kv_type).total_bytes > CLEARLY_FITS * (free + replaced)
        parts = self._parts(path, header, n_ctx, kv_type, measure)
        return verdict(header, n_ctx, kv_type, free, replaced_bytes=replaced, measured=parts)

    def _parts(self, path: Path, header: Header, n_ctx: int, kv_type: str, measure: bool) -> Layout | None:
        stamp = FileStamp.of(path)
        if stamp is None or kind_of(header) == "embedding":  # those are not loaded as a chat is
            return None
        key = (path, stamp, n_ctx, kv_type)
        with self._lock:
            known = self._measured.get(key)
        if known is not None or not measure:
            return known
        try:
            parts = _parts(self._inference.probe(path, LoadSettings(n_ctx=n_ctx, kv_type=_kv_type(kv_type))))
        except WorkerError as error:  # no fault of the file's: the estimate has to do
            log.warning("llama.cpp could not be asked what %s takes: %s", path.name, error)
            return None
        with self._lock:
            _make_room(self._measured)
            self._measured[key] = parts
        return parts

    def _replaced_bytes(self) -> int:
        """What the worker has now and can use for another model; its own needs are part of every verdict's sum."""
        loaded = self._inference.loaded
        return loaded.memory.resident_bytes if loaded is not None else 0


def _parts(memory: MemoryUse) -> Layout:
    buffers = memory.weights_bytes + memory.kv_bytes + memory.compute_bytes
    return Layout.on_host(
        weights_bytes=memory.weights_bytes,
        kv_bytes=memory.kv_bytes,
        compute_bytes=memory.compute_bytes,
        other_bytes=max(memory.output_bytes, memory.resident_bytes - buffers),
    )


def _kv_type(name: str) -> KvType:
    match name:
        case "f16" | "q8_0" | "q4_0":
            return name
    raise ModelError(f"There is no KV cache of type {name}.", "", "Choose f16, q8_0 or q4_0.")


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= _KEPT:
        del kept[next(iter(kept))]
