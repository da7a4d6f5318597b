"""What holds for a model: the person's choices for it, its author's recommendations, the general settings."""

from __future__ import annotations

from app.core.errors import ModelError
from app.inference.protocol import LoadSettings, Sampling
from app.models.preset import Preset, complaint
from app.services.events import LibraryChanged, Publish
from app.services.library.shelf import Shelf
from app.storage.library import ModelRecord
from app.storage.settings import Settings, SettingsFile


class Presets:
    """Choices by model. Safe from any thread. Errors: :class:`ModelError` when a model is not in the library."""

    def __init__(self, shelf: Shelf, settings: SettingsFile, publish: Publish) -> None:
        self._shelf = shelf
        self._settings = settings
        self._publish = publish

    def of(self, model_id: int) -> Preset:
        """What the person chose for a model; None where nothing."""
        return self._shelf.record(model_id).preset

    def set(self, model_id: int, preset: Preset) -> None:
        """Keep the person's choices. Errors: :class:`ModelError` also when a number is out of bounds."""
        record = self._shelf.record(model_id)
        if words := complaint(preset):
            raise ModelError(f"The preset of {record.model.title} was not changed.", words, "Choose another value.")
        self._shelf.records.set_preset(model_id, preset)
        self._publish(LibraryChanged())

    def defaults(self, model_id: int) -> Preset:
        """What holds where the person has chosen nothing: the header's recommendations over the general settings."""
        return self._defaults(self._shelf.record(model_id))

    def in_force(self, record: ModelRecord) -> Preset:
        """What holds for it; nothing is None."""
        return record.preset.over(self._defaults(record))

    def load_settings(self, record: ModelRecord) -> LoadSettings:
        """How it is loaded when nothing else is asked for; adapters are left to who knows which files are there."""
        chosen = self.in_force(record)
        settings = self._settings.current.model.load_settings()
        assert chosen.n_ctx is not None and chosen.kv_type is not None and chosen.n_gpu_layers is not None
        return LoadSettings(
            n_ctx=chosen.n_ctx,
            kv_type=chosen.kv_type,
            n_gpu_layers=chosen.n_gpu_layers,
            n_threads=settings.n_threads,
        )

    def _defaults(self, record: ModelRecord) -> Preset:
        return record.model.summary.recommended.over(general(self._settings.current))


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
