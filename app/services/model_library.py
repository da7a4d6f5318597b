"""The person's models: what there is and what is kept of each; more is done with its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.hardware.machine import Machine
from app.hardware.read import memory_available_bytes, read_machine
from app.inference.client import InferenceClient
from app.models.library_values import ChatTemplate, HashProgress, UpdateCheck
from app.models.model import LibraryModel
from app.models.places.search import nobody
from app.models.places.user_folders import UserFolders
from app.models.source import ModelSource
from app.services.events import HashingChanged, LibraryChanged, Publish
from app.services.library.adapters import Adapters
from app.services.library.adding import Adding
from app.services.library.choosing import embedding_model
from app.services.library.duplicates import Duplicates, content_hashes, with_duplicates
from app.services.library.found import FoundModels
from app.services.library.hashing import Hasher
from app.services.library.moved import Moved
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.library.trash import Trash
from app.services.library.updates import Details, check_update, newer_file
from app.services.library.verdicts import Verdicts
from app.services.loaded_model import LoadedModel
from app.services.model_loading import ModelLoader
from app.services.model_sizer import ModelSizer
from app.services.this_machine import ThisMachine
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.settings import SettingsFile


def _now() -> datetime:
    return datetime.now(UTC)


class ModelLibrary:
    """What a person does with models. Safe from any thread; calls block, so the window makes them on a pool thread.

    ``available_bytes`` and ``read_machine`` are the machine's readings, ``details`` asks the hub for a repository,
    ``folders`` says where other programs keep their models. The methods with a ``model_id`` raise :class:`ModelError`
    when it is not in the library. Those that change something publish :class:`LibraryChanged`.
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
        now: Callable[[], datetime] = _now,
    ) -> None:
        sizer = sizer or ModelSizer(inference, available_bytes)
        shelf = Shelf(records, sizer.read, home)
        loader = ModelLoader(inference, sizer, facts, read_machine, publish)
        self._shelf = shelf
        self._records = records
        self._settings = settings
        self._publish = publish
        self._details = details
        self._now = now
        self._adding = Adding(shelf, facts, home)
        self._loader = loader
        self.machine = ThisMachine(inference, read_machine)
        """What the models run on."""
        self.presets = Presets(shelf, settings, publish)
        """What the person chose for each."""
        self.verdicts = Verdicts(sizer, shelf, self.presets, settings)
        """Whether they fit, and why."""
        self.loaded = LoadedModel(loader, shelf, self.presets, self.verdicts)
        """The one that answers."""
        self.adapters = Adapters(shelf, loader.use_adapters, publish)
        """LoRA adapters, and which models use them."""
        self.trash = Trash(records, home, publish, now)
        """The deleted ones."""
        self.hashing = Hasher(records.hashes, self._hashed)
        """Hashing in the background, and how far it is."""
        self.duplicates = Duplicates(shelf, self.hashing)
        """Those that are there twice."""
        self.places = FoundModels(shelf, self.adapters, self.duplicates, folders, publish)
        """Those of other programs."""
        self.moved = Moved(shelf, self.places, home, publish)
        """Those whose files are not where they were."""

    # -- what there is ----------------------------------------------------------------------------------------------

    def models(self) -> list[LibraryModel]:
        """All models in the order they were added, ``present`` as of now. A changed file's header is read again."""
        return with_duplicates(self._shelf.all(), self._records.hashes)

    def embedding_model(self) -> Path | None:
        """The file of the first embedding model that is there; None without one."""
        return embedding_model(self.models())

    def add(
        self,
        path: Path,
        copy: bool = False,
        on_progress: Callable[[Progress], None] = nobody,
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
        summary, _ = self.verdicts.inspect(path)
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
            self.duplicates.look_for([added])
        self._publish(LibraryChanged())  # of one that was known, too: its file may have come back
        return added

    def register_starters(self) -> None:
        """Add the models that packaging made, once: a starter that the person removed does not come back."""
        self.trash.tidy()
        if self._adding.starters():
            self._publish(LibraryChanged())

    def delete(self, model_id: int) -> None:
        """Delete a model: Satchel's own copy goes to the trash for 30 days, any other file is only forgotten."""
        record = self._shelf.record(model_id)
        self.loaded.unload_if(model_id)
        self.trash.put(record)
        self._publish(LibraryChanged())

    def undelete(self, model_id: int) -> LibraryModel:
        """Bring a deleted model back with its file, notes and preset."""
        self.trash.take_out(model_id)
        self._publish(LibraryChanged())
        return self._shelf.one(model_id)

    def close(self) -> None:
        """End the worker, and the hashing."""
        self.hashing.close()
        self.loaded.close()

    # -- what is kept of each -----------------------------------------------------------------------------------------

    def rename(self, model_id: int, name: str) -> None:
        """Give a model a name of the person's own; an empty one takes the file's again."""
        self._shelf.record(model_id)
        self._records.rename(model_id, " ".join(name.split()))
        self._publish(LibraryChanged())
        self._loader.renamed(self._shelf.one(model_id))

    def set_notes(self, model_id: int, notes: str) -> None:
        """Keep what the person notes about a model."""
        self._shelf.record(model_id)
        self._records.set_notes(model_id, notes.strip())
        self._publish(LibraryChanged())

    def set_source(self, model_id: int, source: ModelSource) -> None:
        """Keep where a model was downloaded from."""
        self._shelf.record(model_id)
        self._records.set_source(model_id, source)
        self._publish(LibraryChanged())

    def template(self, model_id: int) -> ChatTemplate:
        """The chat template of a model's file, beside the one that was accepted last."""
        model, record = self._shelf.one(model_id), self._shelf.record(model_id)
        return ChatTemplate(model.summary.chat_template, record.accepted_template)

    def acknowledge_template(self, model_id: int) -> None:
        """The person has seen that a model's template is another now, and takes it."""
        self._records.accept_template(model_id, self._shelf.one(model_id).summary.chat_template)
        self._publish(LibraryChanged())

    def keep_for_another(self, model_id: int) -> None:
        """The person keeps what was noted and set for the model that was in this file's place."""
        self._shelf.record(model_id)
        self._records.set_former(model_id, None)
        self._publish(LibraryChanged())

    def start_afresh(self, model_id: int) -> None:
        """Forget all that was kept of a model, as if its file were added now."""
        self._records.start_afresh(model_id, self._shelf.one(model_id).summary.chat_template)
        self._loader.use_adapters(self._shelf.one(model_id))
        self._publish(LibraryChanged())

    def check_update(self, model_id: int) -> UpdateCheck:
        """Ask the hub whether the file that a model came from is another now; that is kept until it was updated.

        Errors: also those of the hub.
        """
        model = self._shelf.one(model_id)
        if self._details is None:
            raise ModelError("The hub cannot be asked from here.", "", "Open Satchel's window.")
        check = check_update(model, content_hashes(model, self._records.hashes), self._details)
        self._records.set_newer(model_id, newer_file(check, model.newer, self._now()))
        self._publish(LibraryChanged())
        return check

    def threads_known(self, model_id: int | None = None) -> int:
        """How many threads a model is known to generate with on this machine: those of the settings, else those that
        its last load found fastest; 0: a load would find out. None: of any model."""
        chosen = self._settings.current.model.load_settings().n_threads
        if chosen or model_id is None:
            return chosen
        return self._loader.decode_threads(self._shelf.record(model_id).model)

    def _hashed(self, progress: HashProgress | None) -> None:
        self._publish(HashingChanged(progress))
        if progress is None:
            self._publish(LibraryChanged())
