"""What holds for a model: the person's choices for it, its author's recommendations, the general settings."""

from __future__ import annotations

from app.core.errors import ModelError
from app.inference.protocol import LoadSettings, Sampling
from app.models.preset import Preset, complaint
from app.storage.library import LibraryRecords, ModelRecord
from app.storage.settings import Settings, SettingsFile


class Presets:
    """Choices by model. Safe from any thread."""

    def __init__(self, records: LibraryRecords, settings: SettingsFile) -> None:
        self._records = records
        self._settings = settings

    def set(self, record: ModelRecord, preset: Preset) -> None:
        """Keep the person's choices. Errors: :class:`ModelError` when a number is out of bounds."""
        if words := complaint(preset):
            raise ModelError(f"The preset of {record.model.title} was not changed.", words, "Choose another value.")
        self._records.set_preset(record.model.id, preset)

    def defaults(self, record: ModelRecord) -> Preset:
        """What holds where the person has chosen nothing: the header's recommendations over the general settings."""
        return record.model.summary.recommended.over(general(self._settings.current))

    def in_force(self, record: ModelRecord) -> Preset:
        """What holds for it; nothing is None."""
        return record.preset.over(self.defaults(record))

    def load_settings(self, record: ModelRecord) -> LoadSettings:
        """How it is loaded when nothing else is asked for, with its adapters."""
        chosen = self.in_force(record)
        settings = self._settings.current.model.load_settings()
        assert chosen.n_ctx is not None and chosen.kv_type is not None and chosen.n_gpu_layers is not None
        return LoadSettings(
            n_ctx=chosen.n_ctx,
            kv_type=chosen.kv_type,
            n_gpu_layers=chosen.n_gpu_layers,
            n_threads=settings.n_threads,
        )


def general(settings: Settings) -> Preset:
    """The general settings as a preset; nothing is None."""
    return Preset(
        system_prompt=settings.chat.instructions,
        temperature=settings.sampling.temperature,
        top_k=settings.sampling.top_k,
        top_p=settings.sampling.top_p,
        min_p=settings.sampling.min_p,
        repeat_penalty=settings.sampling.repeat_penalty,
        n_ctx=settings.model.context,
        kv_type=settings.model.kv_type,
        n_gpu_layers=settings.model.gpu_layers,
    )


def sampling_of(preset: Preset) -> Sampling:
    """A preset's sampling as the worker takes it; what is None stays as the worker has it."""
    chosen = {
        name: value
        for name in ("temperature", "top_k", "top_p", "min_p", "repeat_penalty")
        if (value := getattr(preset, name)) is not None
    }
    return Sampling(**chosen)
