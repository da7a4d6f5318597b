"""Deleting models so that it can be undone.

Satchel's own copies and downloads move into the trash folder and stay 30 days; other people's files are only forgotten.
The record is marked before the files move, so a crash in between leaves a deleted model whose move is finished at the
next start (:meth:`Trash.tidy`).
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from app.core.errors import ModelError
from app.core.paths import Home
from app.models.library_values import TrashedModel
from app.models.split import part_paths
from app.services.events import LibraryChanged, Publish
from app.services.library.moving import move_files, not_moved
from app.storage.file_stamp import FileStamp
from app.storage.library import LibraryRecords, ModelRecord

log = logging.getLogger(__name__)

KEPT = timedelta(days=30)


class Trash:
    """The deleted models of the library. Safe from any thread as far as one model is handled by one."""

    def __init__(self, records: LibraryRecords, home: Home, publish: Publish, now: Callable[[], datetime]) -> None:
        self._records = records
        self._home = home
        self._publish = publish
        self._now = now

    def put(self, record: ModelRecord) -> None:
        """Move a model here; the library's ``delete`` and ``undelete`` see to what has it open and tell the screens.

        Errors: :class:`ModelError` when its file does not let itself be moved.
        """
        model = record.model
        own = not model.in_place and self._home.models.resolve() in Path(model.path).parents
        if not own:
            self._records.set_deleted(model.id, self._now(), model.path, "")
            return
        target = self._folder(model.id) / Path(model.path).name
        self._records.set_deleted(model.id, self._now(), str(target), model.path)
        try:
            self._move(Path(model.path), target, len(model.files))
        except OSError as error:
            self._records.set_deleted(model.id, None, model.path, "")
            with contextlib.suppress(OSError):  # what is in it was there before
                target.parent.rmdir()
            raise not_moved(f"{model.title} was not deleted.", error) from error

    def take_out(self, model_id: int) -> None:
        """Bring a deleted model back, to where it lay or beside that. Errors: :class:`ModelError`."""
        record = self._records.get(model_id)
        if record is None:
            raise ModelError("This model cannot be brought back.", "It was deleted for good.", "Add its file again.")
        if record.deleted_at is None:
            return
        if not record.deleted_from:
            self._records.set_deleted(model_id, None, record.model.path, "")
            return
        source, target = Path(record.model.path), Path(record.deleted_from)
        files = len(record.model.files)
        taken = self._records.by_path(target) is not None or any(part.exists() for part in _parts(target, files))
        if source.exists() and taken:  # by a file that came later
            target = self._home.models / f"restored-{model_id}" / target.name
        try:
            if source.exists() or not target.exists():
                self._move(source, target, files)
        except OSError as error:
            raise not_moved(f"{record.model.title} was not brought back.", error) from error
        self._records.set_deleted(model_id, None, str(target), "")
        self._records.hashes.moved(record.deleted_from, str(target))
        self._remove_folder(model_id)

    def all(self) -> tuple[TrashedModel, ...]:
        """The deleted models that can be brought back, the last first."""
        return tuple(
            TrashedModel(
                model_id=record.model.id,
                title=record.model.title,
                size_bytes=self._size(record),
                deleted_at=record.deleted_at,
                purged_at=record.deleted_at + KEPT,
            )
            for record in self._records.deleted()
            if record.deleted_at is not None
        )

    def empty(self) -> int:
        """Delete all of it for good; returns the bytes that are free now. Errors: :class:`ModelError`."""
        freed = 0
        for record in self._records.deleted():
            freed += self._purge(record)
        self._publish(LibraryChanged())
        return freed

    def tidy(self) -> None:
        """Delete for good what has been here for 30 days, and finish what a crash has interrupted."""
        for record in self._records.deleted():
            assert record.deleted_at is not None
            try:
                if record.deleted_at + KEPT <= self._now():
                    self._purge(record)
                elif record.deleted_from and FileStamp.of_all(record.model.files) is None:
                    self._finish(record)
            except (ModelError, OSError) as error:
                log.warning("the trash could not be tidied: %s", error)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _finish(self, record: ModelRecord) -> None:
        """Move what is still where it was, if it is what was deleted and not a new file of that name."""
        origin, files = Path(record.deleted_from), len(record.model.files)
        here = [part if part.exists() else self._folder(record.model.id) / part.name for part in _parts(origin, files)]
        if FileStamp.of_all(map(str, here)) == record.stamp:
            self._move(origin, Path(record.model.path), files)

    def _move(self, source: Path, target: Path, files: int) -> None:
        move_files(_parts(source, files), _parts(target, files))
        models = self._home.models.resolve()
        with contextlib.suppress(OSError):  # something else is in it
            for folder in source.parents:
                if models not in folder.parents:
                    break
                folder.rmdir()

    def _purge(self, record: ModelRecord) -> int:
        size = self._size(record)
        self._remove_folder(record.model.id)
        self._records.remove(record.model.id)
        return size

    def _remove_folder(self, model_id: int) -> None:
        folder = self._folder(model_id)
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise not_moved(f"{folder} could not be deleted.", error) from error

    def _size(self, record: ModelRecord) -> int:
        if not record.deleted_from:
            return 0
        stamps = (FileStamp.of(Path(path)) for path in record.model.files)
        return sum(stamp.size_bytes for stamp in stamps if stamp is not None)

    def _folder(self, model_id: int) -> Path:
        return self._home.trash / str(model_id)


def _parts(path: Path, files: int) -> tuple[Path, ...]:
    return part_paths(path) if files > 1 else (path,)
