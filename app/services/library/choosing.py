"""Which model a question loads, and with what settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.core.errors import ModelError
from app.inference.protocol import LoadSettings
from app.models.model import LibraryModel
from app.services.library.adapters import adapter_uses
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf


def settings_of(model: LibraryModel, shelf: Shelf, presets: Presets) -> LoadSettings:
    """How a model is loaded when nothing else is asked for: by its preset, with its adapters."""
    settings = presets.load_settings(shelf.record(model.id))
    return msgspec.structs.replace(settings, adapters=adapter_uses(model))


def chat_model(models: Sequence[LibraryModel], last: int | None) -> LibraryModel:
    """The model that was used last, else the first that can talk. Errors: :class:`ModelError` without any."""
    usable = [model for model in models if model.present and model.summary.kind != "embedding"]
    if not usable:
        raise ModelError("There is no chat model yet.", "", "Add a .gguf file on the Models page.")
    return min(usable, key=lambda model: (model.id != last, model.summary.kind != "chat"))


def embedding_model(models: Sequence[LibraryModel]) -> Path | None:
    """The file of the first embedding model that is there; None without one."""
    found = (model for model in models if model.present and model.summary.kind == "embedding")
    first = next(found, None)
    return Path(first.path) if first is not None else None


def loadable(model: LibraryModel) -> LibraryModel:
    """The model itself. Errors: :class:`ModelError` when it cannot be loaded for a chat."""
    if not model.present:
        raise ModelError(
            f"{model.title} was not loaded.",
            f"Its file is not there: {model.path}. {model.missing_reason}",
            "Connect the drive it lies on, show where the file is now, or remove the model from the library.",
        )
    if model.summary.kind == "embedding":
        raise ModelError(
            f"{model.title} was not loaded.",
            "It is an embedding model: it finds passages and cannot talk.",
            "Choose a chat model.",
        )
    return model
