"""Which models the person has, kept in the conversations database: their headers as read, and where the files lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.core.database import Database, Row
from app.models.former import FormerModel
from app.models.model import LibraryModel, ModelSummary
from app.models.preset import NO_PRESET, Preset
from app.models.source import ModelSource, NewerFile
from app.models.split import part_paths
from app.storage.adapters import AdapterRecords
from app.storage.file_hashes import FileHashes
from app.storage.file_stamp import FileStamp

__all__ = ["FileStamp", "LibraryRecords", "ModelRecord"]

_COLUMNS = (
    "id, path, name, in_place, added_at, size_bytes, mtime_ns, copied_from, summary, notes, program, found_name,"
    " source, preset, accepted_template, deleted_at, deleted_from, newer,"
    " former"
)


@dataclass(frozen=True)
class ModelRecord:
    """A row: the model, the file's stamp when its header was read, and what only the library's services need."""

    model: LibraryModel
    stamp: FileStamp
    copied_from: str = ""
    """The path that it is a copy of; empty: it is none."""
    preset: Preset = NO_PRESET
    accepted_template: str = ""
    deleted_at: datetime | None = None
    deleted_from: str = ""
    """Where the first file lay before it was moved to the trash; empty: nothing was moved."""


class LibraryRecords:
    """The table of models. Safe from any thread; each call is durable when it returns.

    ``adapters`` and ``hashes`` are the tables beside it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.adapters = AdapterRecords(database)
        self.hashes = FileHashes(database)

    def all(self) -> list[ModelRecord]:
        """In the order they were added, without the deleted ones. ``present`` is always True here: files are not
        looked at."""
        return self._some("deleted_at IS NULL")

    def deleted(self) -> list[ModelRecord]:
        """Those in the trash, the last deleted first."""
        return sorted(self._some("deleted_at IS NOT NULL"), key=lambda record: str(record.deleted_at), reverse=True)

    def get(self, model_id: int) -> ModelRecord | None:
        """By id, or None; also a deleted one."""
        return self._one("id = ?", model_id)

    def by_path(self, path: Path) -> ModelRecord | None:
        """By the path it was added with, or None; also a deleted one that still lies there."""
        return self._one("path = ?", str(path))

    def by_origin(self, path: Path) -> ModelRecord | None:
        """The copy that was made of this file, or None."""
        return self._one("deleted_at IS NULL AND copied_from = ?", str(path))

    def add(
        self,
        path: Path,
        summary: ModelSummary,
        stamp: FileStamp,
        *,
        in_place: bool,
        copied_from: str = "",
        program: str = "",
        found_name: str = "",
        source: ModelSource | None = None,
    ) -> ModelRecord:
        """Add a model; one with the same path stays as it is and is returned."""
        self._database.execute(
            "INSERT INTO models(path, in_place, added_at, size_bytes, mtime_ns, copied_from, summary, program,"
            " found_name, source, accepted_template) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(path) DO NOTHING",
            (
                str(path),
                int(in_place),
                datetime.now(UTC).isoformat(),
                stamp.size_bytes,
                stamp.mtime_ns,
                copied_from,
                _json(summary),
                program,
                found_name,
                _json(source) if source is not None else None,
                summary.chat_template,
            ),
        )
        added = self.by_path(path)
        assert added is not None
        return added

    def rename(self, model_id: int, name: str) -> None:
        """Set the person's own name; empty takes the file's again."""
        self._set(model_id, "name", name)

    def set_notes(self, model_id: int, notes: str) -> None:
        """Set what the person noted."""
        self._set(model_id, "notes", notes)

    def set_preset(self, model_id: int, preset: Preset) -> None:
        """Set what the person chose for it."""
        self._set(model_id, "preset", None if preset == NO_PRESET else _json(preset))

    def set_source(self, model_id: int, source: ModelSource) -> None:
        """Set where it was downloaded from."""
        self._set(model_id, "source", _json(source))

    def set_newer(self, model_id: int, newer: NewerFile | None) -> None:
        """Set what its source has now; None: nothing that is newer."""
        self._set(model_id, "newer", _json(newer) if newer is not None else None)

    def accept_template(self, model_id: int, template: str) -> None:
        """This is what the person has seen."""
        self._set(model_id, "accepted_template", template)

    def set_former(self, model_id: int, former: FormerModel | None) -> None:
        """What is kept was made for this model; None: for the one that is there."""
        self._set(model_id, "former", _json(former) if former is not None else None)

    def start_afresh(self, model_id: int, template: str) -> None:
        """Keep nothing of what was before, as if it were added now with this template."""
        with self._database.transaction():
            self.adapters.detach_all(model_id)
            self._database.execute(
                "UPDATE models SET name = '', notes = '', found_name = '', copied_from = '', source = NULL,"
                " preset = NULL, newer = NULL, former = NULL, accepted_template = ? WHERE id = ?",
                (template, model_id),
            )

    def replace_summary(self, model_id: int, summary: ModelSummary, stamp: FileStamp) -> None:
        """The file is another one now."""
        self._database.execute(
            "UPDATE models SET summary = ?, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (_json(summary), stamp.size_bytes, stamp.mtime_ns, model_id),
        )

    def move(self, model_id: int, path: Path, *, in_place: bool, program: str = "", found_name: str = "") -> None:
        """The file lies elsewhere now, perhaps in a program's folder. A forgotten record of that path is dropped."""
        with self._database.transaction():
            forgotten = self._one("path = ? AND deleted_at IS NOT NULL", str(path))
            if forgotten is not None and forgotten.model.id != model_id:
                self.remove(forgotten.model.id)
            self._database.execute(
                "UPDATE models SET path = ?, in_place = ?, program = ?, found_name = ? WHERE id = ?",
                (str(path), int(in_place), program, found_name, model_id),
            )

    def set_deleted(self, model_id: int, at: datetime | None, path: str, deleted_from: str) -> None:
        """Delete a record, or bring it back (``at`` None); ``path``: of the first file from now on."""
        self._database.execute(
            "UPDATE models SET deleted_at = ?, path = ?, deleted_from = ? WHERE id = ?",
            (at.isoformat() if at is not None else None, path, deleted_from, model_id),
        )

    def remove(self, model_id: int) -> None:
        """Forget it for good; the file is not touched."""
        with self._database.transaction():
            self.adapters.detach_all(model_id)
            self._database.execute("DELETE FROM models WHERE id = ?", (model_id,))

    def _set(self, model_id: int, column: str, value: str | None) -> None:
        self._database.execute(f"UPDATE models SET {column} = ? WHERE id = ?", (value, model_id))

    def _some(self, condition: str, values: tuple[str | int, ...] = ()) -> list[ModelRecord]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM models WHERE {condition} ORDER BY id", values)
        return [_record(row) for row in rows]

    def _one(self, condition: str, value: str | int) -> ModelRecord | None:
        return next(iter(self._some(condition, (value,))), None)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _record(row: Row) -> ModelRecord:
    model_id, path, name, in_place, added_at, size_bytes, mtime_ns, copied_from, summary, *rest = row
    notes, program, found_name, source, preset, accepted_template, deleted_at, deleted_from, newer, former = rest
    header = msgspec.json.decode(summary, type=ModelSummary)
    model = LibraryModel(
        id=model_id,
        path=path,
        summary=header,
        in_place=bool(in_place),
        added_at=datetime.fromisoformat(added_at),
        name=name,
        notes=notes,
        source=msgspec.json.decode(source, type=ModelSource) if source else None,
        parts=tuple(map(str, part_paths(Path(path)))) if header.n_parts > 1 else (),
        program=program,
        found_name=found_name,
        template_changed=accepted_template != header.chat_template,
        newer=msgspec.json.decode(newer, type=NewerFile) if newer else None,
        former=msgspec.json.decode(former, type=FormerModel) if former else None,
    )
    return ModelRecord(
        model,
        FileStamp(size_bytes, mtime_ns),
        copied_from,
        msgspec.json.decode(preset, type=Preset) if preset else NO_PRESET,
        accepted_template,
        datetime.fromisoformat(deleted_at) if deleted_at else None,
        deleted_from,
    )
