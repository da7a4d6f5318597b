"""Which models the person has, kept in the conversations database: their headers as read, and where the files lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.core.database import Database, Row
from app.models.model import LibraryModel, ModelSummary

_COLUMNS = "id, path, name, in_place, added_at, size_bytes, mtime_ns, copied_from, summary"


@dataclass(frozen=True)
class FileStamp:
    """By what a change of a file is seen without reading it."""

    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> FileStamp | None:
        """The stamp now; None when the file is not there (or its folder cannot be read)."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class ModelRecord:
    """A row: the model, the file's stamp when its header was read, and what it is a copy of (a path, or empty)."""

    model: LibraryModel
    stamp: FileStamp
    copied_from: str = ""


class LibraryRecords:
    """The table of models. Safe from any thread; each call is durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ModelRecord]:
        """In the order they were added. ``present`` is always True here: files are not looked at."""
        return [_record(row) for row in self._database.execute(f"SELECT {_COLUMNS} FROM models ORDER BY id")]

    def get(self, model_id: int) -> ModelRecord | None:
        """By id, or None."""
        return self._one("id = ?", model_id)

    def by_path(self, path: Path) -> ModelRecord | None:
        """By resolved path, or None."""
        return self._one("path = ?", str(path))

    def by_origin(self, path: Path) -> ModelRecord | None:
        """The copy that was made of this file, or None."""
        return self._one("copied_from = ?", str(path))

    def add(
        self, path: Path, summary: ModelSummary, stamp: FileStamp, *, in_place: bool, copied_from: str = ""
    ) -> ModelRecord:
        """Add a model; one with the same path stays as it is and is returned."""
        self._database.execute(
            "INSERT INTO models(path, in_place, added_at, size_bytes, mtime_ns, copied_from, summary)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(path) DO NOTHING",
            (
                str(path),
                int(in_place),
                datetime.now(UTC).isoformat(),
                stamp.size_bytes,
                stamp.mtime_ns,
                copied_from,
                msgspec.json.encode(summary).decode(),
            ),
        )
        added = self.by_path(path)
        assert added is not None
        return added

    def rename(self, model_id: int, name: str) -> None:
        """Set the person's own name; empty takes the header's again."""
        self._database.execute("UPDATE models SET name = ? WHERE id = ?", (name, model_id))

    def replace_summary(self, model_id: int, summary: ModelSummary, stamp: FileStamp) -> None:
        """The file is another one now."""
        self._database.execute(
            "UPDATE models SET summary = ?, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (msgspec.json.encode(summary).decode(), stamp.size_bytes, stamp.mtime_ns, model_id),
        )

    def remove(self, model_id: int) -> None:
        """Forget it; the file is not touched."""
        self._database.execute("DELETE FROM models WHERE id = ?", (model_id,))

    def _one(self, condition: str, value: str | int) -> ModelRecord | None:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM models WHERE {condition} LIMIT 1", (value,))
        return _record(rows[0]) if rows else None


def _record(row: Row) -> ModelRecord:
    model_id, path, name, in_place, added_at, size_bytes, mtime_ns, copied_from, summary = row
    model = LibraryModel(
        id=model_id,
        path=path,
        summary=msgspec.json.decode(summary, type=ModelSummary),
        in_place=bool(in_place),
        added_at=datetime.fromisoformat(added_at),
        name=name,
    )
    return ModelRecord(model, FileStamp(size_bytes, mtime_ns), copied_from)
