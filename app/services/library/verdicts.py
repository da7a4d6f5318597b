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
        """What a file is and whether it fits; llama.cpp lays it out without loading it."""
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
        """Whether a model fits now; see :meth:`app.services.model_library.ModelLibrary.verdict`."""
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

    def lesson(self, model: int | Path, contexts: Sequence[int], kv_type: KvType | None) -> Lesson:
        """How a model's size comes about."""
        path, usual = self._as_loaded(model)
        header, _ = self._sizer.read(path)
        return lesson(header, contexts, kv_type or usual.kv_type)

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        """What this model took when it was loaded, the newest first."""
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
