"""The person's models: what there is, whether it fits, and the one that is loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from app.core.child import Exit
from app.core.errors import ModelError, SatchelError
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.hardware.machine import Machine
from app.hardware.read import memory_available_bytes, read_machine
from app.hardware.words import describe
from app.inference.client import InferenceClient
from app.inference.protocol import Backend, Loaded, LoadSettings
from app.models.kv_type import KvType
from app.models.model import LibraryModel, ModelSummary, Verdict
from app.models.places.user_folders import UserFolders
from app.models.preset import NO_PRESET, Preset
from app.models.sizing import Lesson
from app.models.source import ModelSource
from app.services.events import Event, LibraryChanged, MessageFinished, ModelState, Publish
from app.services.library.adding import Adding
from app.services.library.choosing import chat_model, embedding_model, loadable, settings_of
from app.services.library.entries import LibraryEntries, no_progress
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.library.trash import Trash
from app.services.library.updates import Details
from app.services.library.verdicts import Verdicts
from app.services.model_loading import ModelLoader
from app.services.model_sizer import ModelSizer
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.measurements import Measurement
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)


class ModelLibrary(LibraryEntries):
    """What a person does with models. Safe from any thread; calls block, so the window makes them on a pool thread.

    ``available_bytes`` and ``read_machine`` are the machine's readings, ``details`` asks the hub for a repository,
    ``folders`` says where other programs keep their models. The composition root connects two more things:
    ``worker_ended`` as the inference client's ``on_exit``, and ``listen`` to the event hub.
    """

    def __init__(
        self,
        records: LibraryRecords,
        inference: InferenceClient,
        facts: Facts,
        settings: SettingsFile,
        home: Home,
        publish: Publish,
        *,
        available_bytes: Callable[[], int] = memory_available_bytes,
        sizer: ModelSizer | None = None,
        read_machine: Callable[[], Machine] = read_machine,
        details: Details | None = None,
        folders: Callable[[], UserFolders] = UserFolders,
    ) -> None:
        sizer = sizer or ModelSizer(inference, available_bytes)
        shelf, presets = Shelf(records, sizer.read, home), Presets(records, settings)
        super().__init__(shelf, presets, Trash(records, home), publish, details, folders, home)
        self._settings = settings
        self._verdicts = Verdicts(sizer, shelf, presets, settings)
        self._adding = Adding(shelf, facts, home)
        self._inference = inference
        self._read_machine = read_machine
        self._loader = ModelLoader(inference, sizer, facts, read_machine, publish)
        self._backend: Backend | None = None

    # -- what there is ----------------------------------------------------------------------------------------------

    def inspect(self, path: Path) -> tuple[ModelSummary, Verdict]:
        """What a file is and whether it fits, before it is added; llama.cpp lays it out without loading it.

        Errors: :class:`ModelError` when the file is not a model that llama.cpp can use.
        """
        return self._verdicts.inspect(path)

    def add(
        self,
        path: Path,
        copy: bool = False,
        on_progress: Callable[[Progress], None] = no_progress,
        cancel: CancelToken | None = None,
        *,
        source: ModelSource | None = None,
        sha256s: Sequence[str] = (),
        found_name: str = "",
    ) -> LibraryModel:
        """Add a model file, in place or as a copy in Satchel's own folder. The same file again gives the same model.

        One part of a split model stands for all. ``source``, ``sha256s`` (of all parts) and ``found_name`` (its title):
        what a download knows.
        Errors: :class:`ModelError`, :class:`DiskFull`, :class:`Cancelled`.
        """
        summary, _ = self.inspect(path)
        added, new = self._adding.add(
            path,
            summary,
            copy,
            on_progress,
            cancel or CancelToken(),
            source=source,
            sha256s=sha256s,
            found_name=found_name,
        )
        if new:
            self._compare_lengths([added])
        self._publish(LibraryChanged())  # of one that was known, too: its file may have come back
        return added

    def rename(self, model_id: int, name: str) -> None:
        super().rename(model_id, name)
        self._loader.renamed(self._shelf.one(model_id))

    def remove(self, model_id: int) -> None:
        """The same as :meth:`delete`."""
        self.delete(model_id)

    def register_starters(self) -> None:
        """Add the models that packaging made, once: a starter that the person removed does not come back."""
        self._trash.tidy()
        if self._adding.starters():
            self._publish(LibraryChanged())

    def embedding_model(self) -> Path | None:
        """The file of the first embedding model that is there; None without one."""
        return embedding_model(self.models())

    # -- whether it fits --------------------------------------------------------------------------------------------

    def verdict(
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
        to that type ("Q4_K_M") first; always laid out. Errors: :class:`ModelError`, then also :class:`WorkerError`.
        """
        return self._verdicts.of(
            model, n_ctx, kv_type, measure=measure, n_gpu_layers=n_gpu_layers, quantization=quantization
        )

    def lesson(self, model: int | Path, contexts: Sequence[int], kv_type: KvType | None = None) -> Lesson:
        """How a model's size comes about: its weights at so many bits, and what these contexts (tokens, growing) add.

        ``kv_type`` None: as it would be loaded. Errors: :class:`ModelError`.
        """
        return self._verdicts.lesson(model, contexts, kv_type)

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        """What this model took when it was loaded, beside what was predicted, the newest first; each has a sentence.

        Errors: :class:`ModelError`.
        """
        return self._verdicts.measurements(model_id)

    def machine(self) -> Machine:
        """What this machine has now."""
        return self._read_machine()

    def machine_words(self) -> list[str]:
        """The machine, and what this llama.cpp can use of it, in sentences."""
        backend = self.backend()
        return describe(self.machine(), backend.supports_gpu_offload, backend.devices, backend.accelerators)

    def backend(self) -> Backend:
        """What this build of llama.cpp can use; asked once, it does not change."""
        if self._backend is None:
            self._backend = self._inference.describe_backend()
        return self._backend

    def threads_known(self, model_id: int | None = None) -> int:
        """How many threads a model is known to generate with on this machine: those of the settings, else those that
        its last load found fastest; 0: a load would find out. None: of any model."""
        chosen = self._settings.current.model.load_settings().n_threads
        if chosen or model_id is None:
            return chosen
        return self._loader.decode_threads(self._shelf.record(model_id).model)

    # -- the loaded one ---------------------------------------------------------------------------------------------

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
        record = self._records.get(model.id) if model is not None else None
        return record.preset.over(record.model.summary.recommended) if record is not None else NO_PRESET

    def stop_loading(self) -> None:
        """Stop the load under way, if there is one; returns at once. :meth:`load` then raises :class:`Cancelled`, and
        none is loaded unless the one before was not given up yet."""
        self._loader.stop()

    def unload(self) -> None:
        """Free the model's memory."""
        self._loader.unload()

    def ensure_loaded(self) -> Loaded:
        """The loaded model. If there is none: the last one is loaded, or the first chat model of the library.

        Errors: as :meth:`load`; :class:`ModelError` when there is no model, or after two crashes in a row.
        """
        return self._loader.ensure(self._what_to_load)

    def next_model(self) -> LibraryModel | None:
        """The model that a question would load now; None without one, and after two crashes in a row."""
        try:
            return self._chosen() if self._loader.may_load_by_itself else None
        except ModelError:
            return None

    def preload(self) -> None:
        """Load what a question would load, so that the first answer is quick; only what fits easily.

        Nobody asked for it, so what stands in the way is only logged; a load that fails is seen in :attr:`state`.
        """
        model = self.next_model()
        if model is None or self.state.phase != "none":
            return
        try:
            if self._verdicts.fits_easily(model):
                self.ensure_loaded()
        except SatchelError as error:
            log.warning("%s was not loaded in advance: %s", model.title, error)

    def close(self) -> None:
        """End the worker, and the hashing."""
        self._hasher.close()
        self._loader.close()

    def worker_ended(self, exit_: Exit) -> None:
        """Tell listeners at once that the loaded model is gone."""
        log.info("the inference worker ended: %s", exit_.reason)
        _ = self._loader.state

    def listen(self, event: Event) -> None:
        """Keep the figures of finished replies in the state."""
        if isinstance(event, MessageFinished) and event.message.figures is not None:
            self._loader.note_figures(event.message.figures)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _before_delete(self, model_id: int) -> None:
        state = self._loader.state
        if state.model is not None and state.model.id == model_id:
            self._loader.unload()

    def _adapters_changed(self, model_id: int) -> None:
        self._loader.use_adapters(self._shelf.one(model_id))

    def _what_to_load(self) -> tuple[LibraryModel, LoadSettings]:
        model = self._chosen()
        return model, self._settings_of(model)

    def _settings_of(self, model: LibraryModel) -> LoadSettings:
        return settings_of(model, self._shelf, self._presets)

    def _chosen(self) -> LibraryModel:
        return chat_model(self.models(), self._loader.last_model)
