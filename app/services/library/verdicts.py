"""Whether the library's models fit, each as it would be loaded: with its preset and its adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from app.inference.protocol import LoadSettings
from app.models.kv_type import KvType
from app.models.model import LibraryModel, ModelSummary, Verdict
from app.models.sizing import Lesson, lesson
from app.models.split import part_paths
from app.services.library.adapters import adapters_here
from app.services.library.paths import resolved
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.model_sizer import ModelSizer
from app.storage.measurements import Measurement
from app.storage.settings import SettingsFile


class Verdicts:
    """Safe from any thread. Errors of all methods: :class:`ModelError`."""

    def __init__(self, sizer: ModelSizer, shelf: Shelf, presets: Presets, settings: SettingsFile) -> None:
        self._sizer = sizer
        self._shelf = shelf
        self._presets = presets
        self._settings = settings

    def inspect(self, path: Path) -> tuple[ModelSummary, Verdict]:
        """What a file is and whether it fits, before it is added; llama.cpp lays it out without loading it.

        Errors: :class:`ModelError` when the file is not a model that llama.cpp can use.
        """
        path = resolved(path)
        _, summary = self._sizer.read(path)
        return summary, self.of(first_part(path, summary), measure=True)

    def of(
        self,
        model: int | Path,
        n_ctx: int | None = None,
        kv_type: KvType | None = None,
        *,
        measure: bool | None = None,
        n_gpu_layers: int | None = None,
        quantization: str = "",
    ) -> Verdict:
        """Whether a model fits now, with its adapters. What is None is as it would be loaded: by its preset, else the
        model's own recommendation, else the general settings. ``n_gpu_layers`` -1: all.

        ``measure`` True: llama.cpp lays it out, once for each choice (about half a second; formulas where it cannot).
        None, for a list of many: only near the limit, or what it said before. ``quantization``: as if it were quantized
        to that type ("Q4_K_M") first; always laid out. Errors: then also :class:`WorkerError`.
        """
        path, usual = self._as_loaded(model)
        n_ctx = usual.n_ctx if n_ctx is None else n_ctx
        kv_type = kv_type or usual.kv_type
        n_gpu_layers = usual.n_gpu_layers if n_gpu_layers is None else n_gpu_layers
        adapters = usual.adapters
        if quantization:
            return self._sizer.quantized_verdict(
                path, quantization, n_ctx, kv_type, n_gpu_layers=n_gpu_layers, adapters=adapters
            )
        return self._sizer.verdict(path, n_ctx, kv_type, measure=measure, n_gpu_layers=n_gpu_layers, adapters=adapters)

    def fits_easily(self, model: LibraryModel) -> bool:
        """Whether there is room for a model as it would be loaded now, and some to spare."""
        return self.of(model.id).fit == "fits"

    def lesson(self, model: int | Path, contexts: Sequence[int], kv_type: KvType | None = None) -> Lesson:
        """How a model's size comes about: its weights at so many bits, and what these contexts (tokens, growing) add.

        ``kv_type`` None: as it would be loaded.
        """
        path, usual = self._as_loaded(model)
        header, _ = self._sizer.read(path)
        return lesson(header, contexts, kv_type or usual.kv_type)

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        """What this model took when it was loaded, beside what was predicted, the newest first; each has a sentence."""
        return self._sizer.measurements(Path(self._shelf.record(model_id).model.path))

    def _as_loaded(self, model: int | Path) -> tuple[Path, LoadSettings]:
        """A model's file, and how it would be loaded when nothing else is asked for."""
        if isinstance(model, Path):
            return resolved(model), self._settings.current.model.load_settings()
        record = self._shelf.record(model)
        with_adapters = replace(record.model, adapters=self._shelf.attached(model))  # not `one`, which reads them all
        settings = self._presets.load_settings(record)
        return Path(record.model.path), msgspec.structs.replace(settings, adapters=adapters_here(with_adapters))


def first_part(path: Path, summary: ModelSummary) -> Path:
    """The file itself, or the first part of a split model."""
    return part_paths(path)[0] if summary.n_parts > 1 else path
