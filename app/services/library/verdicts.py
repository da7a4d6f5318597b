"""Whether the library's models fit, each as it would be loaded: with its preset and its adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.inference.protocol import AdapterUse
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
        choices = self._settings.current.model
        return summary, self._sizer.verdict(first_part(path, summary), choices.context, choices.kv_type, measure=True)

    def of(
        self,
        model: int | Path,
        n_ctx: int | None,
        kv_type: str,
        *,
        measure: bool | None = None,
        n_gpu_layers: int = -1,
        quantization: str = "",
    ) -> Verdict:
        """Whether a model fits now; see :meth:`app.services.model_library.ModelLibrary.verdict`."""
        path, usual, adapters = self._as_loaded(model)
        context = usual if n_ctx is None else n_ctx
        if quantization:
            return self._sizer.quantized_verdict(
                path, quantization, context, kv_type, n_gpu_layers=n_gpu_layers, adapters=adapters
            )
        return self._sizer.verdict(
            path, context, kv_type, measure=measure, n_gpu_layers=n_gpu_layers, adapters=adapters
        )

    def fits_easily(self, model: LibraryModel) -> bool:
        """Whether there is room for a model as it would be loaded now, and some to spare."""
        chosen = self._presets.load_settings(self._shelf.record(model.id))
        found = self._sizer.verdict(
            Path(model.path),
            chosen.n_ctx,
            chosen.kv_type,
            n_gpu_layers=chosen.n_gpu_layers,
            adapters=adapters_here(model),
        )
        return found.fit == "fits"

    def lesson(self, model: int | Path, contexts: Sequence[int], kv_type: str) -> Lesson:
        """How a model's size comes about."""
        header, _ = self._sizer.read(self._as_loaded(model)[0])
        return lesson(header, contexts, kv_type)

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        """What this model took when it was loaded, the newest first."""
        return self._sizer.measurements(Path(self._shelf.record(model_id).model.path))

    def _as_loaded(self, model: int | Path) -> tuple[Path, int, tuple[AdapterUse, ...]]:
        """A model's file, and the tokens and adapters that it would be loaded with."""
        if isinstance(model, Path):
            return resolved(model), self._settings.current.model.context, ()
        record = self._shelf.record(model)
        with_adapters = replace(record.model, adapters=self._shelf.attached(model))  # not `one`, which reads them all
        return Path(record.model.path), self._presets.load_settings(record).n_ctx, adapters_here(with_adapters)


def first_part(path: Path, summary: ModelSummary) -> Path:
    """The file itself, or the first part of a split model."""
    return part_paths(path)[0] if summary.n_parts > 1 else path
