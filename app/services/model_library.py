"""The person's models: what there is, whether it fits, and the one that is loaded."""

from __future__ import annotations

import json
import logging
import threading
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
from app.models.model import LibraryModel, ModelSummary, Verdict
from app.models.places.user_folders import UserFolders
from app.models.preset import NO_PRESET, Preset
from app.models.sizing import Lesson, lesson
from app.models.source import ModelSource
from app.models.split import part_names, part_paths
from app.models.starters import starter_folder
from app.services.events import Event, LibraryChanged, MessageFinished, ModelState, Publish
from app.services.library.adapters import adapter_uses
from app.services.library.entries import LibraryEntries
from app.services.library.paths import resolved
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.library.trash import Trash
from app.services.library.updates import Details
from app.services.model_files import copy_model
from app.services.model_loading import ModelLoader
from app.services.model_sizer import ModelSizer
from app.storage.facts import Facts
from app.storage.library import FileStamp, LibraryRecords
from app.storage.measurements import Measurement
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)

_STARTERS_SEEN = "library.starters_seen"


def _no_progress(progress: Progress) -> None:
    """Nobody watches."""


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
        self._sizer = sizer or ModelSizer(inference, available_bytes)
        super().__init__(
            Shelf(records, self._sizer.read, home),
            Presets(records, settings),
            Trash(records, home),
            publish,
            details,
            folders,
        )
        self._inference = inference
        self._facts = facts
        self._settings = settings
        self._home = home
        self._read_machine = read_machine
        self._loader = ModelLoader(inference, self._sizer, facts, read_machine, publish)
        self._backend: Backend | None = None
        self._add_lock = threading.Lock()

    # -- what there is ----------------------------------------------------------------------------------------------

    def inspect(self, path: Path) -> tuple[ModelSummary, Verdict]:
        """What a file is and whether it fits, before it is added; llama.cpp lays it out without loading it.

        Errors: :class:`ModelError` when the file is not a model that llama.cpp can use.
        """
        path = resolved(path)
        _, summary = self._sizer.read(path)
        choices = self._settings.current.model
        return summary, self._sizer.verdict(_first(path, summary), choices.context, choices.kv_type, measure=True)

    def add(
        self,
        path: Path,
        copy: bool = False,
        on_progress: Callable[[Progress], None] = _no_progress,
        cancel: CancelToken | None = None,
        *,
        source: ModelSource | None = None,
        sha256s: Sequence[str] = (),
    ) -> LibraryModel:
        """Add a model file, in place or as a copy in Satchel's own folder. The same file again gives the same model.

        One part of a split model stands for all. ``source`` and ``sha256s`` (of all parts): what a download knows.
        Errors: :class:`ModelError`, :class:`DiskFull`, :class:`Cancelled`.
        """
        summary, _ = self.inspect(path)
        path = _first(resolved(path), summary)
        with self._add_lock:
            ours = self._home.models.resolve() in path.parents
            copy = copy and not ours  # a copy of a copy helps nobody
            known = self._records.by_origin(path) if copy else self._shelf.known(path)
            if known is not None and FileStamp.of_all(known.model.files) is not None:
                self._shelf.learn(known.model.files, sha256s)
                if source is not None:
                    self._records.set_source(known.model.id, source)
                return self._shelf.one(known.model.id)
            target = path
            if copy:
                parts = part_paths(path) if summary.n_parts > 1 else ()
                target = copy_model(path, self._home.models, on_progress, cancel or CancelToken(), parts)
            added = self._shelf.put(
                target,
                in_place=not (copy or ours),
                copied_from=str(path) if copy else "",
                source=source,
                sha256s=sha256s,
            )
        self._publish(LibraryChanged())
        return added

    def remove(self, model_id: int) -> None:
        """The same as :meth:`delete`."""
        self.delete(model_id)

    def register_starters(self) -> None:
        """Add the models that packaging made, once: a starter that the person removed does not come back."""
        self._trash.tidy()
        seen: list[str] = json.loads(self._facts.get(_STARTERS_SEEN) or "[]")
        changed = False
        for folder in (self._home.models, starter_folder()):
            for path in _gguf_files(folder):
                if str(path) in seen or self._records.by_path(path) is not None:
                    continue
                try:
                    self._shelf.put(path, in_place=folder != self._home.models)
                except ModelError as error:
                    log.warning("not added to the library: %s", error)
                    continue
                seen.append(str(path))
                changed = True
        if changed:
            self._facts.set(_STARTERS_SEEN, json.dumps(seen))
            self._publish(LibraryChanged())

    def embedding_model(self) -> Path | None:
        """The file of the first embedding model that is there; None without one."""
        found = (model for model in self.models() if model.present and model.summary.kind == "embedding")
        first = next(found, None)
        return Path(first.path) if first is not None else None

    # -- whether it fits --------------------------------------------------------------------------------------------

    def verdict(
        self,
        model: int | Path,
        n_ctx: int | None = None,
        kv_type: str = "f16",
        *,
        measure: bool | None = None,
        n_gpu_layers: int = -1,
        quantization: str = "",
    ) -> Verdict:
        """Whether a model fits now. ``n_ctx`` None: as it would be loaded. ``n_gpu_layers`` -1: all.

        ``measure`` True: llama.cpp lays it out, once for each choice (about half a second; formulas where it cannot).
        None, for a list of many: only near the limit, or what it said before. ``quantization``: as if it were quantized
        to that type ("Q4_K_M") first; always laid out. Errors: :class:`ModelError`, then also :class:`WorkerError`.
        """
        path, usual = self._path_and_context(model)
        context = usual if n_ctx is None else n_ctx
        if quantization:
            return self._sizer.quantized_verdict(path, quantization, context, kv_type, n_gpu_layers=n_gpu_layers)
        return self._sizer.verdict(path, context, kv_type, measure=measure, n_gpu_layers=n_gpu_layers)

    def lesson(self, model: int | Path, contexts: Sequence[int], kv_type: str = "f16") -> Lesson:
        """How a model's size comes about: its weights at so many bits, and what these contexts (tokens, growing) add.

        Errors: :class:`ModelError`.
        """
        header, _ = self._sizer.read(self._path_and_context(model)[0])
        return lesson(header, contexts, kv_type)

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        """What this model took when it was loaded, beside what was predicted, the newest first; each has a sentence.

        Errors: :class:`ModelError`.
        """
        return self._sizer.measurements(Path(self._shelf.record(model_id).model.path))

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
        model = _loadable(self._shelf.one(model_id))
        chosen = self._settings_of(model)
        if settings is not None:
            chosen = settings if settings.adapters else msgspec.structs.replace(settings, adapters=chosen.adapters)
        return self._loader.load(model, chosen, force=force, cancel=cancel)

    def choices(self) -> Preset:
        """What the loaded model's preset and its own recommendations say; None where neither does."""
        model = self.state.model
        record = self._records.get(model.id) if model is not None else None
        return record.preset.over(record.model.summary.recommended) if record is not None else NO_PRESET

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
        choices = self._settings_of(model)
        try:
            verdict = self._sizer.verdict(Path(model.path), choices.n_ctx, choices.kv_type)
            if verdict.fit == "fits":
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

    def _path_and_context(self, model: int | Path) -> tuple[Path, int]:
        """A model's file, and the tokens that it would be loaded with."""
        if isinstance(model, Path):
            return resolved(model), self._settings.current.model.context
        record = self._shelf.record(model)
        return Path(record.model.path), self._presets.load_settings(record).n_ctx

    def _what_to_load(self) -> tuple[LibraryModel, LoadSettings]:
        model = self._chosen()
        return model, self._settings_of(model)

    def _settings_of(self, model: LibraryModel) -> LoadSettings:
        settings = self._presets.load_settings(self._shelf.record(model.id))
        return msgspec.structs.replace(settings, adapters=adapter_uses(model))

    def _chosen(self) -> LibraryModel:
        models = [model for model in self.models() if model.present and model.summary.kind != "embedding"]
        if not models:
            raise ModelError("There is no chat model yet.", "", "Add a .gguf file on the Models page.")
        last = self._loader.last_model
        by_preference = sorted(models, key=lambda model: (model.id != last, model.summary.kind != "chat"))
        return by_preference[0]


def _loadable(model: LibraryModel) -> LibraryModel:
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


def _first(path: Path, summary: ModelSummary) -> Path:
    return part_paths(path)[0] if summary.n_parts > 1 else path


def _gguf_files(folder: Path) -> list[Path]:
    """Those directly in a folder, without links; of split models the first part."""
    if not folder.is_dir():
        return []
    found = dict.fromkeys(sorted(path.resolve() for path in folder.glob("*.gguf") if path.is_file()))
    return [path for path in found if path.name not in part_names(path.name)[1:]]
