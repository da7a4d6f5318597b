"""The library's models as they are now: what is recorded of them, held against the files that are there."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import ModelError
from app.core.paths import Home
from app.models.adapter import AttachedAdapter
from app.models.former import FormerModel
from app.models.gguf import Header
from app.models.model import LibraryModel, ModelSummary
from app.models.source import ModelSource
from app.models.split import part_paths
from app.models.starters import starter_folder
from app.models.titles import distinctions
from app.services.library.missing import missing_reason, unusable_reason
from app.services.library.nearby import Nearby
from app.storage.file_stamp import FileStamp
from app.storage.library import LibraryRecords, ModelRecord

log = logging.getLogger(__name__)

ReadHeader = Callable[[Path], tuple[Header, ModelSummary]]
"""A file's header and what it says; raises :class:`ModelError`."""


class Shelf:
    """Reads and refreshes the records. Safe from any thread."""

    def __init__(self, records: LibraryRecords, read: ReadHeader, home: Home) -> None:
        self.records = records
        self.read = read
        self._home = home

    def all(self) -> list[LibraryModel]:
        """All models in the order they were added. A changed file's header is read again."""
        records = self.records.all()
        nearby = self._nearby(records)
        models = [self._refreshed(record, nearby) for record in records]
        return self._with_relations(models)

    def one(self, model_id: int) -> LibraryModel:
        """One of them. Errors: :class:`ModelError` when it is not in the library."""
        records = self.records.all()
        record = self.record(model_id)
        told_apart = distinctions(each.model for each in records)
        found = self._refreshed(record, self._nearby(records))
        return replace(found, distinction=told_apart.get(model_id, ""), adapters=self.attached(model_id))

    def attached(self, model_id: int) -> tuple[AttachedAdapter, ...]:
        """The adapters that it is used with."""
        return self.records.adapters.attached().get(model_id, ())

    def record(self, model_id: int) -> ModelRecord:
        """Its record. Errors: :class:`ModelError` when it is not in the library."""
        record = self.records.get(model_id)
        if record is None or record.deleted_at is not None:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        return record

    def known(self, path: Path) -> ModelRecord | None:
        """The record of this very file, by whatever way it is reached; not a deleted one."""
        record = self.records.by_path(path)
        if record is not None:
            return record if record.deleted_at is None else None
        real = os.path.realpath(path)
        return next((each for each in self.records.all() if os.path.realpath(each.model.path) == real), None)

    def put(
        self,
        path: Path,
        *,
        in_place: bool,
        copied_from: str = "",
        program: str = "",
        found_name: str = "",
        source: ModelSource | None = None,
        sha256s: Sequence[str] = (),
    ) -> LibraryModel:
        """Record a file; one that was only forgotten comes back as it was. Errors: :class:`ModelError`."""
        forgotten = self.records.by_path(path)
        if forgotten is not None and forgotten.deleted_at is not None:
            self.records.set_deleted(forgotten.model.id, None, str(path), "")
        _, summary = self.read(path)
        files = part_paths(path) if summary.n_parts > 1 else (path,)
        stamp = FileStamp.of_all(map(str, files))
        if stamp is None:
            raise ModelError(f"{path.name} is gone.", "It was there a moment ago.", "Choose another file.")
        record = self.records.add(
            path,
            summary,
            stamp,
            in_place=in_place,
            copied_from=copied_from,
            program=program,
            found_name=found_name,
            source=source,
        )
        self.learn(record.model.files, sha256s)
        return self.one(record.model.id)

    def learn(self, files: Sequence[str], sha256s: Sequence[str]) -> None:
        """Keep hashes that are known without reading the files."""
        for file, sha256 in zip(files, sha256s, strict=False):
            stamp = FileStamp.of(Path(file))
            if sha256 and stamp is not None:
                self.records.hashes.set(file, stamp, sha256)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _refreshed(self, record: ModelRecord, nearby: Nearby) -> LibraryModel:
        model = record.model
        stamp = FileStamp.of_all(model.files)
        if stamp is None:
            return self._missing(record, missing_reason(model), nearby)
        hashes = self.records.hashes
        model = replace(model, sha256s=tuple(hashes.get(path, FileStamp.of(Path(path))) for path in model.files))
        if stamp == record.stamp:
            return model
        try:
            _, summary = self.read(Path(model.path))
        except ModelError as error:
            log.warning("a model of the library changed and cannot be read now: %s", error)
            return self._missing(record, unusable_reason(error), nearby)
        self.records.replace_summary(model.id, summary, stamp)
        self.records.set_newer(model.id, None)  # that was said of the file before
        former = self._former(model, summary)
        changed = summary.chat_template != record.accepted_template
        return replace(model, summary=summary, template_changed=changed, newer=None, former=former)

    def _former(self, model: LibraryModel, now: ModelSummary) -> FormerModel | None:
        """The model that this entry was made for, if its file is another one now."""
        for path, sha256 in zip(model.files, model.sha256s, strict=True):
            if not sha256:  # nothing is known of the file as it is now
                self.records.hashes.forget(path)
        made_for = model.former or FormerModel.of(model.summary)
        former = made_for if made_for != FormerModel.of(now) else None
        self.records.set_former(model.id, former)
        return former

    def _missing(self, record: ModelRecord, reason: str, nearby: Nearby) -> LibraryModel:
        return replace(
            record.model,
            present=False,
            missing_reason=reason,
            found_at=nearby.find(record.model, record.stamp),
            sha256s=tuple(map(self.records.hashes.last, record.model.files)),
        )

    def _nearby(self, records: Sequence[ModelRecord]) -> Nearby:
        taken = {each.model.path for each in records}
        return Nearby([self._home.models, starter_folder(), *(Path(path).parent for path in sorted(taken))], taken)

    def _with_relations(self, models: list[LibraryModel]) -> list[LibraryModel]:
        told_apart = distinctions(models)
        attached = self.records.adapters.attached()
        return [
            replace(model, distinction=told_apart.get(model.id, ""), adapters=attached.get(model.id, ()))
            for model in models
        ]
