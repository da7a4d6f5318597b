"""LoRA adapters of the library, and which models use them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import ModelError
from app.inference.protocol import AdapterUse
from app.models.adapter import Adapter, AdapterChoice
from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.library_values import AdapterOffer
from app.models.lora import is_adapter, mismatch, read_adapter
from app.models.model import LibraryModel
from app.services.library.shelf import Shelf

LARGEST_SCALE = 10.0
AS_TRAINED = 1.0


class Adapters:
    """Safe from any thread. Adapters lie where they lie; they are never changed or deleted."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._records = shelf.records.adapters

    def add(self, path: Path) -> Adapter:
        """Add an adapter file. Errors: :class:`ModelError`."""
        _, summary = read_adapter(path)
        return self._records.add(path, summary)

    def offer(self, path: Path, models: Sequence[LibraryModel]) -> AdapterOffer | None:
        """Which of these models an adapter file belongs to; None when the file is no adapter.

        Errors: :class:`ModelError` when it cannot be read, or is an adapter that cannot be used.
        """
        if not is_adapter(read_header(path)):
            return None
        header, summary = read_adapter(path)
        bases = [model for model in models if self._takes(model, header)]
        named = summary.base_name.casefold()
        bases.sort(key=lambda model: (not named or named not in model.summary.name.casefold(), model.title.casefold()))
        return AdapterOffer(str(path), summary, tuple(bases))

    def choices(self, model: LibraryModel) -> tuple[AdapterChoice, ...]:
        """All adapters, seen from one model. Errors: :class:`ModelError` when the model's file cannot be read."""
        base, _ = self._shelf.read(Path(model.path))
        used = {attached.adapter.id: attached.scale for attached in model.adapters}
        return tuple(
            AdapterChoice(adapter, used.get(adapter.id), self._mismatch(adapter, base))
            for adapter in self._records.all()
        )

    def attach(self, model: LibraryModel, path: Path, scale: float | None) -> Adapter:
        """Use an adapter with a model; it is added if it is not there. ``scale`` None: as it is used already, else 1.

        Errors: :class:`ModelError`, also when it does not belong to this model.
        """
        if scale is not None:
            check_scale(scale)
        base, _ = self._shelf.read(Path(model.path))
        header, summary = read_adapter(path)
        if why := mismatch(header, base):
            raise ModelError(
                f"{summary.name} does not belong to {model.title}.", why, "Attach it to the model that it was made for."
            )
        adapter = self._records.add(path, summary)
        used = (attached.scale for attached in model.adapters if attached.adapter.id == adapter.id)
        self._records.attach(model.id, adapter.id, next(used, AS_TRAINED) if scale is None else scale)
        return adapter

    def set_scale(self, model: LibraryModel, adapter_id: int, scale: float) -> None:
        """Errors: :class:`ModelError` when the model does not use it, or the scale is out of bounds."""
        check_scale(scale)
        if all(attached.adapter.id != adapter_id for attached in model.adapters):
            raise ModelError("This adapter is not used with this model any more.", "", "Attach it again.")
        self._records.attach(model.id, adapter_id, scale)

    def _takes(self, model: LibraryModel, adapter: Header) -> bool:
        if not model.present or model.summary.architecture != adapter.architecture:
            return False
        try:
            base, _ = self._shelf.read(Path(model.path))
        except ModelError:  # it is another file since a moment ago
            return False
        return not mismatch(adapter, base)

    def _mismatch(self, adapter: Adapter, base: Header) -> str:
        try:
            header, _ = read_adapter(Path(adapter.path))
        except ModelError as error:
            return str(error)
        return mismatch(header, base)


def adapter_uses(model: LibraryModel) -> tuple[AdapterUse, ...]:
    """A model's adapters as the worker takes them."""
    return tuple(AdapterUse(attached.adapter.path, attached.scale) for attached in model.adapters)


def adapters_here(model: LibraryModel) -> tuple[AdapterUse, ...]:
    """Those of them whose files are there: what can be sized. A load says which is missing."""
    return tuple(use for use in adapter_uses(model) if Path(use.path).is_file())


def check_scale(scale: float) -> None:
    """Errors: :class:`ModelError` when no adapter can be used so."""
    if not (math.isfinite(scale) and abs(scale) <= LARGEST_SCALE):
        raise ModelError(
            f"An adapter cannot be used with the scale {scale:g}.",
            f"It must be from {-LARGEST_SCALE:g} to {LARGEST_SCALE:g}; 1 is as it was trained.",
            "Choose another value.",
        )
