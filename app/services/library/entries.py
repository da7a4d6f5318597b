"""What a person does with the models of the library, apart from loading them: the front of this package."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.models.adapter import Adapter, AdapterChoice
from app.models.library_values import (
    AdapterOffer,
    AddedModels,
    ChatTemplate,
    DuplicateGroup,
    HashProgress,
    TrashedModel,
    UpdateCheck,
)
from app.models.model import LibraryModel
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundModel, PlaceReport
from app.models.preset import Preset
from app.models.source import ModelSource
from app.services.events import HashingChanged, LibraryChanged, NoticeRaised, Publish
from app.services.library.adapters import Adapters
from app.services.library.duplicates import (
    content_hashes,
    duplicate_groups,
    wanted_hashes,
    wanted_unasked,
    with_duplicates,
)
from app.services.library.found import FoundModels
from app.services.library.hashing import Hasher, Wanted
from app.services.library.moved import Moved
from app.services.library.paths import resolved
from app.services.library.presets import Presets
from app.services.library.shelf import Shelf
from app.services.library.trash import Trash
from app.services.library.updates import Details, check_update, newer_file

log = logging.getLogger(__name__)


def no_progress(progress: Progress) -> None:
    """Nobody watches."""


class LibraryEntries:
    """The models that there are, and everything kept of them. Safe from any thread; most calls look at files.

    Methods with a ``model_id`` raise :class:`ModelError` when it is not in the library. ``details`` asks the hub for a
    repository, ``folders`` says where other programs keep things.
    """

    def __init__(
        self,
        shelf: Shelf,
        presets: Presets,
        trash: Trash,
        publish: Publish,
        details: Details | None,
        folders: Callable[[], UserFolders],
        home: Home,
    ) -> None:
        self._shelf = shelf
        self._records = shelf.records
        self._presets = presets
        self._trash = trash
        self._publish = publish
        self._details = details
        self._adapters = Adapters(shelf)
        self._found = FoundModels(shelf, self._adapters, folders)
        self._moved = Moved(shelf, self._found, home)
        self._hasher = Hasher(self._records.hashes, self._hashed)

    # -- what there is ----------------------------------------------------------------------------------------------

    def models(self) -> list[LibraryModel]:
        """All models in the order they were added, ``present`` as of now. A changed file's header is read again."""
        return with_duplicates(self._shelf.all(), self._records.hashes)

    def find_places(
        self, on_progress: Callable[[Progress], None] = no_progress, cancel: CancelToken | None = None
    ) -> tuple[PlaceReport, ...]:
        """What Ollama, LM Studio, the Hugging Face cache, GPT4All and Jan have here; asked on a click.

        Errors: :class:`Cancelled`.
        """
        return self._found.find(Search(on_progress, cancel or CancelToken()))

    def add_found(
        self,
        found: Sequence[FoundModel],
        on_progress: Callable[[Progress], None] = no_progress,
        cancel: CancelToken | None = None,
    ) -> AddedModels:
        """Add models and adapters that were found, in place; what only helps a model to read images is left out.

        A cancel ends it between two of them; what was added stays.
        """
        added = self._found.add(found, on_progress, cancel or CancelToken())
        self._compare_lengths(added.models)
        self._publish(LibraryChanged())
        return added

    # -- what is kept of it -----------------------------------------------------------------------------------------

    def rename(self, model_id: int, name: str) -> None:
        """Give a model a name of the person's own; an empty one takes the file's again."""
        self._shelf.record(model_id)
        self._records.rename(model_id, " ".join(name.split()))
        self._publish(LibraryChanged())

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
        self._adapters_changed(model_id)
        self._publish(LibraryChanged())

    def preset(self, model_id: int) -> Preset:
        """What the person chose for a model; None where nothing."""
        return self._shelf.record(model_id).preset

    def defaults(self, model_id: int) -> Preset:
        """What holds where nothing is chosen: the model's own recommendations, else the general settings."""
        return self._presets.defaults(self._shelf.record(model_id))

    def set_preset(self, model_id: int, preset: Preset) -> None:
        """Choose for a model. Errors: :class:`ModelError` also when a number is out of bounds."""
        self._presets.set(self._shelf.record(model_id), preset)
        self._publish(LibraryChanged())

    def check_update(self, model_id: int) -> UpdateCheck:
        """Ask the hub whether the file that a model came from is another now; that is kept until it was updated.

        Errors: also those of the hub.
        """
        model = self._shelf.one(model_id)
        if self._details is None:
            raise ModelError("The hub cannot be asked from here.", "", "Open Satchel's window.")
        check = check_update(model, content_hashes(model, self._records.hashes), self._details)
        self._records.set_newer(model_id, newer_file(check, model.newer, datetime.now(UTC)))
        self._publish(LibraryChanged())
        return check

    # -- deleting ---------------------------------------------------------------------------------------------------

    def delete(self, model_id: int) -> None:
        """Delete a model: Satchel's own copy goes to the trash for 30 days, any other file is only forgotten."""
        record = self._shelf.record(model_id)
        self._before_delete(model_id)
        self._trash.put(record)
        self._publish(LibraryChanged())

    def undelete(self, model_id: int) -> LibraryModel:
        """Bring a deleted model back with its file, notes and preset. Errors: :class:`ModelError`."""
        self._trash.take_out(model_id)
        self._publish(LibraryChanged())
        return self._shelf.one(model_id)

    def trash(self) -> tuple[TrashedModel, ...]:
        """The deleted models that can be brought back, the last first."""
        return self._trash.all()

    def empty_trash(self) -> int:
        """Delete those for good; returns the bytes that are free now."""
        freed = self._trash.empty()
        self._publish(LibraryChanged())
        return freed

    def _before_delete(self, model_id: int) -> None:
        """What has to end before a model's file may go."""

    # -- files that moved, files that are there twice -----------------------------------------------------------------

    def look_for_moved(
        self,
        model_id: int,
        on_progress: Callable[[Progress], None] = no_progress,
        cancel: CancelToken | None = None,
    ) -> str:
        """Where a missing model's file may lie now: nearby, or in another program's folder; empty if it is not found.

        Errors: :class:`ModelError`, :class:`Cancelled`.
        """
        return self._moved.look_for(model_id, Search(on_progress, cancel or CancelToken()))

    def relink(
        self,
        model_id: int,
        path: Path | None = None,
        on_progress: Callable[[Progress], None] = no_progress,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        """Take another path for a model whose file moved; None: ``found_at``. Its content is compared if a hash is
        known (which reads the file), else it is said that it was not.

        Errors: :class:`ModelError`, also when the file there is another model; :class:`Cancelled`.
        """
        compared = self._moved.relink(model_id, path, on_progress, cancel or CancelToken())
        model = self._shelf.one(model_id)
        self._publish(LibraryChanged())
        if not compared:
            what = f"{model.title} was recognised by its header and its length."
            self._publish(NoticeRaised(what, "No hash of it was known, so its content was not compared.", "", "info"))
        return model

    def duplicates(self) -> tuple[DuplicateGroup, ...]:
        """Models with the same content, as far as hashes are known (:meth:`hash_duplicates`)."""
        return duplicate_groups(self._shelf.all(), self._records.hashes)

    def hash_duplicates(self) -> None:
        """Hash in the background what may be there twice: files of equal length. Seen by :class:`HashingChanged`."""
        self._hasher.add(wanted_hashes(self._shelf.all(), self._records.hashes))

    def _compare_lengths(self, added: Sequence[LibraryModel]) -> None:
        """Whoever adds a model a second time need not know that this can be found out."""
        self._hasher.add(wanted_unasked(self._shelf.all(), added, self._records.hashes))

    def hash_model(self, model_id: int) -> None:
        """Hash a model's files in the background."""
        model = self._shelf.one(model_id)
        self._hasher.add([Wanted(model.id, model.title, path) for path in model.files])

    def hashing(self) -> HashProgress | None:
        """How far the hashing is; None when nothing waits."""
        return self._hasher.progress

    def hashing_done(self, timeout_s: float) -> bool:
        """Wait until nothing is hashed any more; False when the time was over first."""
        return self._hasher.wait(timeout_s)

    def cancel_hashing(self) -> None:
        """Hash no more; what is hashed stays known."""
        self._hasher.cancel()

    def _hashed(self, progress: HashProgress | None) -> None:
        self._publish(HashingChanged(progress))
        if progress is None:
            self._publish(LibraryChanged())

    # -- adapters ---------------------------------------------------------------------------------------------------

    def adapters(self) -> tuple[Adapter, ...]:
        """The LoRA adapters of the library."""
        return tuple(self._records.adapters.all())

    def add_adapter(self, path: Path) -> Adapter:
        """Add an adapter, in place. Errors: :class:`ModelError` when the file is none that can be used."""
        added = self._adapters.add(resolved(path))
        self._publish(LibraryChanged())
        return added

    def adapter_offer(self, path: Path) -> AdapterOffer | None:
        """What can be done with a file that may be an adapter: the models that it belongs to; None when it is none.

        Errors: :class:`ModelError` when it cannot be read or used.
        """
        return self._adapters.offer(resolved(path), self.models())

    def remove_adapter(self, adapter_id: int) -> None:
        """Forget an adapter; its file is not touched."""
        attached = self._records.adapters.attached()
        users = [model_id for model_id, used in attached.items() if any(each.adapter.id == adapter_id for each in used)]
        self._records.adapters.remove(adapter_id)
        for model_id in users:
            self._adapters_changed(model_id)
        self._publish(LibraryChanged())

    def adapters_for(self, model_id: int) -> tuple[AdapterChoice, ...]:
        """All adapters as seen from one model: in use, possible, or not possible and why."""
        return self._adapters.choices(self._shelf.one(model_id))

    def attach_adapter(self, model_id: int, path: Path, scale: float | None = None) -> Adapter:
        """Use an adapter with a model; a loaded one follows at once. ``scale`` None: as it is used already, else 1.

        Errors: :class:`ModelError` with the reason when it does not belong to this model."""
        adapter = self._adapters.attach(self._shelf.one(model_id), resolved(path), scale)
        self._adapters_changed(model_id)
        self._publish(LibraryChanged())
        return adapter

    def set_adapter_scale(self, model_id: int, adapter_id: int, scale: float) -> None:
        """Change how strongly an adapter works: 1 as it was trained, 0 not at all."""
        self._adapters.set_scale(self._shelf.one(model_id), adapter_id, scale)
        self._adapters_changed(model_id)
        self._publish(LibraryChanged())

    def detach_adapter(self, model_id: int, adapter_id: int) -> None:
        """Use an adapter no more."""
        self._shelf.record(model_id)
        self._records.adapters.detach(model_id, adapter_id)
        self._adapters_changed(model_id)
        self._publish(LibraryChanged())

    def _adapters_changed(self, model_id: int) -> None:
        """What is loaded of a model has to follow."""
