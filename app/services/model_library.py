"""The person's models: what there is, whether it fits, and the one that is loaded."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

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
from app.models.starters import starter_folder
from app.services.events import Event, LibraryChanged, MessageFinished, ModelState, Publish
from app.services.model_files import copy_model, delete_copy
from app.services.model_loading import ModelLoader
from app.services.model_sizer import ModelSizer
from app.storage.facts import Facts
from app.storage.library import FileStamp, LibraryRecords, ModelRecord
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)

_STARTERS_SEEN = "library.starters_seen"


def _no_progress(progress: Progress) -> None:
    """Nobody watches."""


class ModelLibrary:
    """What a person does with models. Safe from any thread; calls block, so the window makes them on a pool thread.

    ``available_bytes`` and ``read_machine`` are the machine's readings. The composition root connects two more things:
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
        read_machine: Callable[[], Machine] = read_machine,
    ) -> None:
        self._records = records
        self._inference = inference
        self._facts = facts
        self._settings = settings
        self._home = home
        self._publish = publish
        self._read_machine = read_machine
        self._sizer = ModelSizer(inference, available_bytes)
        self._loader = ModelLoader(inference, self._sizer, facts, read_machine, publish)
        self._backend: Backend | None = None
        self._add_lock = threading.Lock()

    # -- what there is ----------------------------------------------------------------------------------------------

    def models(self) -> list[LibraryModel]:
        """All models in the order they were added, ``present`` as of now. A changed file's header is read again."""
        return [self._refreshed(record) for record in self._records.all()]

    def inspect(self, path: Path) -> tuple[ModelSummary, Verdict]:
        """What a file is and whether it fits, before it is added; llama.cpp lays it out without loading it.

        Errors: :class:`ModelError` when the file is not a model that llama.cpp can use.
        """
        path = _resolved(path)
        _, summary = self._sizer.read(path)
        choices = self._settings.current.model
        return summary, self._sizer.verdict(path, choices.context, choices.kv_type, measure=True)

    def add(
        self,
        path: Path,
        copy: bool = False,
        on_progress: Callable[[Progress], None] = _no_progress,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        """Add a model file, in place or as a copy in Satchel's own folder. The same file again gives the same model.

        Errors: :class:`ModelError`, :class:`DiskFull`, :class:`Cancelled`.
        """
        path = _resolved(path)
        self.inspect(path)
        with self._add_lock:
            copy = copy and path.parent != self._home.models.resolve()  # a copy of a copy helps nobody
            known = self._records.by_origin(path) if copy else self._records.by_path(path)
            if known is not None and FileStamp.of(Path(known.model.path)) is not None:
                return self._refreshed(known)
            target = copy_model(path, self._home.models, on_progress, cancel or CancelToken()) if copy else path
            added = self._record(target, in_place=not copy, copied_from=str(path) if copy else "")
        self._publish(LibraryChanged())
        return added

    def rename(self, model_id: int, name: str) -> None:
        """Give a model a name of the person's own; an empty one takes the file's again."""
        self._get(model_id)
        self._records.rename(model_id, " ".join(name.split()))
        self._publish(LibraryChanged())

    def remove(self, model_id: int) -> None:
        """Forget a model. Its file is deleted only if it is Satchel's own copy; a loaded one is unloaded first."""
        record = self._get(model_id)
        state = self._loader.state
        if state.model is not None and state.model.id == model_id:
            self._loader.unload()
        if not record.model.in_place:
            delete_copy(Path(record.model.path), self._home.models)
        self._records.remove(model_id)
        self._publish(LibraryChanged())

    def register_starters(self) -> None:
        """Add the models that packaging made, once: a starter that the person removed does not come back."""
        seen: list[str] = json.loads(self._facts.get(_STARTERS_SEEN) or "[]")
        changed = False
        for path in _gguf_files((self._home.models, starter_folder())):
            if str(path) in seen or self._records.by_path(path) is not None:
                continue
            try:
                self._record(path, in_place=True)
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
        self, model: int | Path, n_ctx: int | None = None, kv_type: str = "f16", *, measure: bool | None = None
    ) -> Verdict:
        """Whether a model fits now.

        ``measure`` True: llama.cpp lays it out, once for each choice (about half a second; formulas where it cannot).
        None, for a list of many: only near the limit, or what it said before. Errors: :class:`ModelError`.
        """
        path = _resolved(model) if isinstance(model, Path) else Path(self._get(model).model.path)
        n_ctx = self._settings.current.model.context if n_ctx is None else n_ctx
        return self._sizer.verdict(path, n_ctx, kv_type, measure=measure)

    def machine(self) -> Machine:
        """What this machine has now."""
        return self._read_machine()

    def machine_words(self) -> list[str]:
        """The machine, and what this llama.cpp can use of it, in sentences."""
        backend = self.backend()
        return describe(self.machine(), backend.supports_gpu_offload, backend.devices)

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
        """Load a model in place of the loaded one. ``settings`` None: the person's. ``force``: although it may not fit.

        Errors: :class:`DoesNotFit` (the loaded one then stays), :class:`ModelError`, :class:`WorkerError`,
        :class:`Cancelled`.
        """
        model = self._refreshed(self._get(model_id))
        return self._loader.load(_loadable(model), settings or self._load_settings(), force=force, cancel=cancel)

    def unload(self) -> None:
        """Free the model's memory."""
        self._loader.unload()

    def ensure_loaded(self) -> Loaded:
        """The loaded model. If there is none: the last one is loaded, or the first chat model of the library.

        Errors: as :meth:`load`; :class:`ModelError` when there is no model, or after two crashes in a row.
        """
        return self._loader.ensure(lambda: (self._chosen(), self._load_settings()))

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
        choices = self._load_settings()
        try:
            verdict = self._sizer.verdict(Path(model.path), choices.n_ctx, choices.kv_type)
            if verdict.fit == "fits":
                self.ensure_loaded()
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

    # -- inside -----------------------------------------------------------------------------------------------------

    def _get(self, model_id: int) -> ModelRecord:
        record = self._records.get(model_id)
        if record is None:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        return record

    def _record(self, path: Path, *, in_place: bool, copied_from: str = "") -> LibraryModel:
        stamp = FileStamp.of(path)
        _, summary = self._sizer.read(path)
        if stamp is None:
            raise ModelError(f"{path.name} is gone.", "It was there a moment ago.", "Choose another file.")
        return self._records.add(path, summary, stamp, in_place=in_place, copied_from=copied_from).model

    def _refreshed(self, record: ModelRecord) -> LibraryModel:
        model, path = record.model, Path(record.model.path)
        stamp = FileStamp.of(path)
        if stamp is None:
            return replace(model, present=False)
        if stamp == record.stamp:
            return model
        try:
            _, summary = self._sizer.read(path)
        except ModelError as error:
            log.warning("a model of the library changed and cannot be read now: %s", error)
            return model
        self._records.replace_summary(model.id, summary, stamp)
        return replace(model, summary=summary)

    def _chosen(self) -> LibraryModel:
        models = [model for model in self.models() if model.present and model.summary.kind != "embedding"]
        if not models:
            raise ModelError("There is no chat model yet.", "", "Add a .gguf file on the Models page.")
        last = self._loader.last_model
        by_preference = sorted(models, key=lambda model: (model.id != last, model.summary.kind != "chat"))
        return by_preference[0]

    def _load_settings(self) -> LoadSettings:
        return self._settings.current.model.load_settings()


def _loadable(model: LibraryModel) -> LibraryModel:
    if not model.present:
        raise ModelError(
            f"{model.title} was not loaded.",
            f"Its file is not there: {model.path}.",
            "Connect the drive it lies on, or remove it from the library.",
        )
    if model.summary.kind == "embedding":
        raise ModelError(
            f"{model.title} was not loaded.",
            "It is an embedding model: it finds passages and cannot talk.",
            "Choose a chat model.",
        )
    return model


def _resolved(path: Path) -> Path:
    try:
        found = path.expanduser().resolve(strict=True)
        str(found).encode()
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} was not found.", f"There is no file {path}.", "Check the path.") from error
    except UnicodeEncodeError as error:
        raise ModelError("This file cannot be used.", "Its name is not valid text.", "Rename it.") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, until Python 3.12
        raise ModelError(f"{path.name} cannot be read.", f"The system says: {error}.", "Check the path.") from error
    return found


def _gguf_files(folders: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for folder in folders:
        if folder.is_dir():
            found |= dict.fromkeys(sorted(path.resolve() for path in folder.glob("*.gguf") if path.is_file()))
    return list(found)
