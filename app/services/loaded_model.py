"""The chat model that is loaded, and what makes another one the loaded one: a choice, a question, a start."""

from __future__ import annotations

import logging

import msgspec

from app.core.child import Exit
from app.core.errors import ModelError, SatchelError
from app.core.jobs import CancelToken
from app.inference.protocol import Loaded, LoadSettings
from app.models.model import LibraryModel
from app.models.preset import NO_PRESET, Preset
from app.services.events import Event, MessageFinished, ModelState
from app.services.library.choosing import chat_model, loadable, settings_of
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.library.verdicts import Verdicts
from app.services.model_loading import ModelLoader

log = logging.getLogger(__name__)


class LoadedModel:
    """One model of the library, or none. Safe from any thread; a load blocks.

    The composition root connects two more things: ``worker_ended`` as the inference client's ``on_exit``, and
    ``listen`` to the event hub.
    """

    def __init__(self, loader: ModelLoader, shelf: Shelf, presets: Presets, verdicts: Verdicts) -> None:
        self._loader = loader
        self._shelf = shelf
        self._presets = presets
        self._verdicts = verdicts

    @property
    def state(self) -> ModelState:
        """The chat model now."""
        return self._loader.state

    def load(
        self,
        model_id: int,
        settings: LoadSettings | None = None,
        *,
        force: bool = False,
        cancel: CancelToken | None = None,
    ) -> Loaded:
        """Load a model in place of the loaded one, with its adapters. ``force``: although it may not fit.

        ``settings`` None: those of its preset, else the model's own, else the general ones.

        Errors: :class:`DoesNotFit` (the loaded one then stays), :class:`ModelError`, :class:`WorkerError`,
        :class:`Cancelled`.
        """
        model = loadable(self._shelf.one(model_id))
        chosen = self._settings_of(model)
        if settings is not None:
            chosen = settings if settings.adapters else msgspec.structs.replace(settings, adapters=chosen.adapters)
        return self._loader.load(model, chosen, force=force, cancel=cancel)

    def choices(self) -> Preset:
        """What the loaded model's preset and its own recommendations say; None where neither does."""
        model = self.state.model
        record = self._shelf.records.get(model.id) if model is not None else None
        return record.preset.over(record.model.summary.recommended) if record is not None else NO_PRESET

    def stop(self) -> None:
        """Stop the load under way, if there is one; returns at once. :meth:`load` then raises :class:`Cancelled`, and
        none is loaded unless the one before was not given up yet."""
        self._loader.stop()

    def unload(self) -> None:
        """Free the model's memory."""
        self._loader.unload()

    def ensure(self) -> Loaded:
        """The loaded model. If there is none: the last one is loaded, or the first chat model of the library.

        Errors: as :meth:`load`; :class:`ModelError` when there is no model, or after two crashes in a row.
        """
        return self._loader.ensure(self._what_to_load)

    def next(self) -> LibraryModel | None:
        """The model that a question would load now; None without one, and after two crashes in a row."""
        try:
            return self._chosen() if self._loader.may_load_by_itself else None
        except ModelError:
            return None

    def preload(self) -> None:
        """Load what a question would load, so that the first answer is quick; only what fits easily.

        Nobody asked for it, so what stands in the way is only logged; a load that fails is seen in :attr:`state`.
        """
        model = self.next()
        if model is None or self.state.phase != "none":
            return
        try:
            if self._verdicts.fits_easily(model):
                self.ensure()
        except SatchelError as error:
            log.warning("%s was not loaded in advance: %s", model.title, error)

    def close(self) -> None:
        """End the worker."""
        self._loader.close()

    def worker_ended(self, exit_: Exit) -> None:
        """Tell listeners at once that the loaded model is gone."""
        log.info("the inference worker ended: %s", exit_.reason)
        _ = self._loader.state

    def listen(self, event: Event) -> None:
        """Keep the figures of finished replies in the state."""
        if isinstance(event, MessageFinished) and event.message.figures is not None:
            self._loader.note_figures(event.message.figures)

    def unload_if(self, model_id: int) -> None:
        """Free its memory if it is this one: a file can go only when nothing has it open."""
        model = self.state.model
        if model is not None and model.id == model_id:
            self.unload()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _what_to_load(self) -> tuple[LibraryModel, LoadSettings]:
        model = self._chosen()
        return model, self._settings_of(model)

    def _settings_of(self, model: LibraryModel) -> LoadSettings:
        return settings_of(model, self._shelf, self._presets)

    def _chosen(self) -> LibraryModel:
        return chat_model(self._shelf.all(), self._loader.last_model)
