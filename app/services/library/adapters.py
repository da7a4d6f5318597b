"""LoRA adapters of the library, and which models use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from app.core.errors import ModelError
from app.inference.protocol import AdapterUse
from app.models.adapter import Adapter, AdapterChoice
from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.library_values import AdapterOffer
from app.models.lora import is_adapter, mismatch, read_adapter
from app.models.model import LibraryModel
from app.services.events import LibraryChanged, Publish
from app.services.library.paths import resolved
from app.services.library.shelf import Shelf

LARGEST_SCALE = 10.0
AS_TRAINED = 1.0


class Adapters:
    """Safe from any thread. Adapters lie where they lie; they are never changed or deleted.

    ``follow`` is called with a model whose adapters are others now. Methods with a ``model_id`` raise
    :class:`ModelError` when it is not in the library.
    """

    def __init__(self, shelf: Shelf, follow: Callable[[LibraryModel], None], publish: Publish) -> None:
        self._shelf = shelf
        self._records = shelf.records.adapters
        self._follow = follow
        self._publish = publish

    def all(self) -> tuple[Adapter, ...]:
        """The adapters that there are."""
        return tuple(self._records.all())

    def add(self, path: Path) -> Adapter:
        """Add an adapter, in place. Errors: :class:`ModelError` when the file is none that can be used."""
        added = self.keep(path)
        self._publish(LibraryChanged())
        return added

    def keep(self, path: Path) -> Adapter:
        """The same as one of several: who adds them says when all are there."""
        path = resolved(path)
        _, summary = read_adapter(path)
        return self._records.add(path, summary)

    def remove(self, adapter_id: int) -> None:
        """Forget an adapter; its file is not touched."""
        users = [
            model.id for model in self._shelf.all() if any(each.adapter.id == adapter_id for each in model.adapters)
        ]
        self._records.remove(adapter_id)
        self._changed(*users)

    def offer(self, path: Path) -> AdapterOffer | None:
        """What can be done with a file that may be an adapter: the models that it belongs to; None when it is none.

        Errors: :class:`ModelError` when it cannot be read, or is an adapter that cannot be used.
        """
        path = resolved(path)
        if not is_adapter(read_header(path)):
            return None
        header, summary = read_adapter(path)
        bases = [model for model in self._shelf.all() if self._takes(model, header)]
        named = summary.base_name.casefold()
        bases.sort(key=lambda model: (not named or named not in model.summary.name.casefold(), model.title.casefold()))
        return AdapterOffer(str(path), summary, tuple(bases))

    def choices(self, model_id: int) -> tuple[AdapterChoice, ...]:
        """All adapters as seen from one model: in use, possible, or not possible and why.

        Errors: :class:`ModelError` also when the model's file cannot be read.
        """
        model = self._shelf.one(model_id)
        base, _ = self._shelf.read(Path(model.path))
        used = {attached.adapter.id: attached.scale for attached in model.adapters}
        return tuple(
            AdapterChoice(adapter, used.get(adapter.id), self._mismatch(adapter, base))
            for adapter in self._records.all()
        )

    def attach(self, model_id: int, path: Path, scale: float | None = None) -> Adapter:
        """Use an adapter with a model, which follows at once if it is loaded; it is added if it is not there.

        ``scale`` None: as it is used already, else 1. Errors: :class:`ModelError` also with the reason when it does not
        belong to this model.
        """
        model, path = self._shelf.one(model_id), resolved(path)
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
        self._changed(model_id)
        return adapter

    def set_scale(self, model_id: int, adapter_id: int, scale: float) -> None:
        """Change how strongly an adapter works: 1 as it was trained, 0 not at all.

        Errors: :class:`ModelError` also when the model does not use it, or the scale is out of bounds.
        """
        model = self._shelf.one(model_id)
        check_scale(scale)
        if all(attached.adapter.id != adapter_id for attached in model.adapters):
            raise ModelError("This adapter is not used with this model any more.", "", "Attach it again.")
        self._records.attach(model_id, adapter_id, scale)
        self._changed(model_id)

    def detach(self, model_id: int, adapter_id: int) -> None:
        """Use an adapter no more."""
        self._shelf.record(model_id)
        self._records.detach(model_id, adapter_id)
        self._changed(model_id)

    def _changed(self, *model_ids: int) -> None:
        """What is loaded of these models has to follow."""
        for model_id in model_ids:
            self._follow(self._shelf.one(model_id))
        self._publish(LibraryChanged())

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
