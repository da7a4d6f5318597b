"""Does it fit? Headers and llama.cpp's own layouts are kept, so that the question can be asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from app.chat.transcript import RunFigures
from app.core.errors import ModelError
from app.hardware.read import memory_available_bytes
from app.inference.client import InferenceClient
from app.inference.protocol import AdapterUse, KvType, Loaded, LoadSettings
from app.models.device_verdict import verdict_by_device
from app.models.gguf import Header
from app.models.model import ModelSummary, Verdict
from app.models.plan import Room
from app.models.planner import used_bytes
from app.models.requantized import requantized, write_without_weights
from app.models.sizing import GpuShare, Layout, estimate, usable_context
from app.models.summary import kind_of, read_summary
from app.models.verdict import verdict
from app.services.adapter_sizes import AdapterSizes
from app.services.headers import HeaderShelf
from app.services.layouts import LayoutShelf, layout_of
from app.services.layouts_asked import LayoutsAsked
from app.services.measured_loads import MeasuredLoads
from app.storage.file_stamp import FileStamp
from app.storage.measurements import LayoutRecords, Measurement

CLEARLY_FITS = 0.6
"""An estimate of at most this share of what is free is believed; above it llama.cpp is asked (which takes a second)."""


class ModelSizer:
    """Verdicts on model files. Safe from any thread.

    ``available_bytes`` says how much memory is free now. ``layouts`` keeps what llama.cpp was asked for over restarts,
    and ``measured`` what loads really took; without them both are forgotten at the end. ``room`` says what is free on
    every device, where llama.cpp is known to use a GPU; else None.
    """

    def __init__(
        self,
        inference: InferenceClient,
        available_bytes: Callable[[], int] = memory_available_bytes,
        *,
        layouts: LayoutRecords | None = None,
        measured: MeasuredLoads | None = None,
        room: Callable[[], Room | None] = lambda: None,
    ) -> None:
        self._inference = inference
        self._available_bytes = available_bytes
        self._measured = measured
        self._room = room
        self._headers = HeaderShelf(read_summary)
        self._adapters = AdapterSizes()
        machine = measured.machine if measured is not None else ""
        self._layouts = LayoutsAsked(inference, self._headers, self._adapters, LayoutShelf(layouts), machine, room)

    def read(self, path: Path) -> tuple[Header, ModelSummary]:
        """The header and what it says. Errors: :class:`ModelError`."""
        return self._headers.read(path)

    def verdict(
        self,
        path: Path,
        n_ctx: int,
        kv_type: str,
        *,
        measure: bool | None = None,
        n_gpu_layers: int = -1,
        adapters: tuple[AdapterUse, ...] = (),
    ) -> Verdict:
        """Whether a file's model fits at this context, into main memory or with ``n_gpu_layers`` on the GPUs.

        ``measure``: True asks llama.cpp to lay it out unless it has been asked before, False never, None when the
        estimate is not far below what is free. Where it cannot be asked (its process does not start), the estimate
        stands. ``adapters`` are part of it. An embedding model is always loaded in one way, whatever is asked for.
        Errors: :class:`ModelError`, also when llama.cpp cannot read the file.
        """
        header, _ = self.read(path)
        settings = _as_loaded(header, LoadSettings(n_ctx, _kv_type(kv_type), n_gpu_layers, adapters=adapters))
        room = self._room()
        if room is not None and room.gpus:
            return self._verdict_by_device(path, header, settings, room, measure)
        free, replaced = self._available_bytes(), self._replaced_bytes()
        estimated = self.estimate(path, settings)
        if measure is None:
            measure = estimated.total_bytes > CLEARLY_FITS * (free + replaced)
        layout = self.layout(path, settings, measure=measure) or estimated
        return verdict(header, settings.n_ctx, settings.kv_type, free, replaced_bytes=replaced, measured=layout)

    def _verdict_by_device(
        self, path: Path, header: Header, settings: LoadSettings, room: Room, measure: bool | None
    ) -> Verdict:
        gpus = [GpuShare(gpu.device, float(gpu.free_bytes)) for gpu in room.gpus]
        estimated = self.estimate(path, settings, gpus)
        if measure is None:
            used, free = used_bytes(estimated, room), {device.device: device.free_bytes for device in room.devices}
            measure = any(size > CLEARLY_FITS * free[device] for device, size in used.items())
        layout = self.layout(path, settings, measure=measure) or estimated
        return verdict_by_device(header, settings.n_ctx, settings.kv_type, room, layout)

    def layout(self, path: Path, settings: LoadSettings, *, measure: bool = True) -> Layout | None:
        """llama.cpp's own layout: from memory, from the database, or (``measure``) by asking it. None where it has not
        been asked and must not be, or cannot be. Errors: :class:`ModelError`."""
        header, _ = self.read(path)
        if FileStamp.of(path) is None:
            return None
        found = self._layouts.ask(path, _as_loaded(header, settings), measure=measure)
        return self._corrected(found) if found is not None else None

    def estimate(
        self, path: Path, settings: LoadSettings, gpus: Sequence[GpuShare] = (), *, correct: bool = True
    ) -> Layout:
        """The closed forms' layout: at once, llama.cpp is not asked. Errors: :class:`ModelError`."""
        header, _ = self.read(path)
        settings = _as_loaded(header, settings)
        found = estimate(
            header,
            settings.n_ctx,
            settings.kv_type,
            gpus=gpus,
            n_gpu_layers=settings.n_gpu_layers,
            flash_attention=settings.flash_attention,
            adapters=self._adapters.headers(settings.adapters),
        )
        return self._corrected(found) if correct else found

    # -- quantizations that do not exist yet ------------------------------------------------------------------------

    def quantized(self, path: Path, file_type: str) -> Header:
        """The header as it would be after quantization to ``file_type`` ("Q4_K_M"): exact tensor types by a dry run.

        Errors: :class:`ModelError`, :class:`WorkerError`.
        """
        header, _ = self.read(path)
        return requantized(header, self._inference.tensor_types(path, file_type), file_type)

    def quantized_layout(self, path: Path, file_type: str, settings: LoadSettings) -> Layout | None:
        """llama.cpp's layout of that quantization; None where it cannot be asked. Errors: :class:`ModelError`."""
        header, _ = self.read(path)

        def make(folder: Path) -> Path:
            target = folder / f"{path.stem}-{file_type}.gguf"
            write_without_weights(self.quantized(path, file_type), path, target)
            return target

        found = self._layouts.ask_made(path, file_type, _as_loaded(header, settings), make)
        return self._corrected(found) if found is not None else None

    def quantized_verdict(
        self,
        path: Path,
        file_type: str,
        n_ctx: int,
        kv_type: str,
        *,
        n_gpu_layers: int = -1,
        adapters: tuple[AdapterUse, ...] = (),
    ) -> Verdict:
        """Whether that quantization would fit. Errors: :class:`ModelError`, :class:`WorkerError`."""
        changed = self.quantized(path, file_type)
        settings = _as_loaded(changed, LoadSettings(n_ctx, _kv_type(kv_type), n_gpu_layers, adapters=adapters))
        layout, room = self.quantized_layout(path, file_type, settings), self._room()
        if layout is not None and room is not None and room.gpus:
            return verdict_by_device(changed, settings.n_ctx, settings.kv_type, room, layout)
        free, replaced = self._available_bytes(), self._replaced_bytes()
        return verdict(changed, settings.n_ctx, settings.kv_type, free, replaced_bytes=replaced, measured=layout)

    # -- what it really took ----------------------------------------------------------------------------------------

    def note_load(self, path: Path, settings: LoadSettings, loaded: Loaded) -> None:
        """Keep what a load took beside what was predicted for it."""
        if self._measured is None:
            return
        _, summary = self.read(path)
        settings = msgspec.structs.replace(settings, n_ctx=loaded.n_ctx)
        predicted = self._layouts.ask(path, settings, measure=False) or self.estimate(path, settings, correct=False)
        self._measured.loaded(self._headers.key(path), path.name, summary.size_bytes, settings, predicted, loaded)

    def taken(self, path: Path, settings: LoadSettings, loaded: Loaded) -> Layout:
        """What a loaded model takes, in the parts that a verdict names: by llama.cpp's books of the load, what lies
        beside them as it was predicted. Errors: :class:`ModelError`."""
        settings = msgspec.structs.replace(settings, n_ctx=loaded.n_ctx)
        predicted = self.layout(path, settings, measure=False) or self.estimate(path, settings)
        books = self._layouts.with_adapters(layout_of(loaded.memory), path, settings)
        return replace(books, other_bytes=predicted.other_bytes, untouched_bytes=predicted.untouched_bytes)

    def note_reply(self, figures: RunFigures) -> None:
        """Keep what the last reply says of the loaded model's memory and speed."""
        if self._measured is not None:
            self._measured.replied(figures)

    def measurements(self, path: Path) -> tuple[Measurement, ...]:
        """What this model took here, the newest first. Errors: :class:`ModelError`."""
        if self._measured is None:
            return ()
        return self._measured.of_model(self._headers.key(path))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _corrected(self, layout: Layout) -> Layout:
        more = self._measured.correction_bytes() if self._measured is not None else 0
        return replace(layout, other_bytes=layout.other_bytes + more) if more else layout

    def _replaced_bytes(self) -> int:
        """What the worker has now and can use for another model; its own needs are part of every verdict's sum."""
        loaded = self._inference.loaded
        return loaded.memory.resident_bytes if loaded is not None else 0


def _as_loaded(header: Header, settings: LoadSettings) -> LoadSettings:
    """The settings that a load would come down to."""
    n_ctx = usable_context(header, settings.n_ctx)
    if kind_of(header) == "embedding":
        return LoadSettings(n_ctx=n_ctx)
    return msgspec.structs.replace(settings, n_ctx=n_ctx)


def _kv_type(name: str) -> KvType:
    match name:
        case "f16" | "q8_0" | "q4_0":
            return name
    raise ModelError(f"There is no KV cache of type {name}.", "", "Choose f16, q8_0 or q4_0.")
