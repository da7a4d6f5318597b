"""Which LoRA adapters the person has, and which models they are used with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.core.database import Database, Row
from app.models.adapter import Adapter, AdapterSummary, AttachedAdapter
from app.storage.file_stamp import FileStamp

_COLUMNS = "a.id, a.path, a.summary"


class AdapterRecords:
    """The tables of adapters and of their uses. Safe from any thread. ``present`` is as of the call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Adapter]:
        """In the order they were added."""
        return [_adapter(row) for row in self._database.execute(f"SELECT {_COLUMNS} FROM adapters a ORDER BY a.id")]

    def get(self, adapter_id: int) -> Adapter | None:
        """By id, or None."""
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM adapters a WHERE a.id = ?", (adapter_id,))
        return _adapter(rows[0]) if rows else None

    def add(self, path: Path, summary: AdapterSummary) -> Adapter:
        """Add one, or take the summary anew of the one with this path."""
        self._database.execute(
            "INSERT INTO adapters(path, summary) VALUES (?, ?)"
            " ON CONFLICT(path) DO UPDATE SET summary = excluded.summary",
            (str(path), msgspec.json.encode(summary).decode()),
        )
        (row,) = self._database.execute(f"SELECT {_COLUMNS} FROM adapters a WHERE a.path = ?", (str(path),))
        return _adapter(row)

    def remove(self, adapter_id: int) -> None:
        """Forget it, and that models use it."""
        with self._database.transaction():
            self._database.execute("DELETE FROM model_adapters WHERE adapter_id = ?", (adapter_id,))
            self._database.execute("DELETE FROM adapters WHERE id = ?", (adapter_id,))

    def attached(self) -> dict[int, tuple[AttachedAdapter, ...]]:
        """By model id, in the order they were attached."""
        found: dict[int, list[AttachedAdapter]] = {}
        rows = self._database.execute(
            f"SELECT u.model_id, u.scale, {_COLUMNS} FROM model_adapters u JOIN adapters a ON a.id = u.adapter_id"
            " ORDER BY u.rowid"
        )
        for model_id, scale, *adapter in rows:
            found.setdefault(model_id, []).append(AttachedAdapter(_adapter(adapter), scale))
        return {model_id: tuple(attached) for model_id, attached in found.items()}

    def attach(self, model_id: int, adapter_id: int, scale: float) -> None:
        """Use an adapter with a model, or change its scale."""
        self._database.execute(
            "INSERT INTO model_adapters(model_id, adapter_id, scale) VALUES (?, ?, ?)"
            " ON CONFLICT(model_id, adapter_id) DO UPDATE SET scale = excluded.scale",
            (model_id, adapter_id, scale),
        )

    def detach(self, model_id: int, adapter_id: int) -> None:
        """Use it no more."""
        self._database.execute(
            "DELETE FROM model_adapters WHERE model_id = ? AND adapter_id = ?", (model_id, adapter_id)
        )

    def detach_all(self, model_id: int) -> None:
        """The model is gone."""
        self._database.execute("DELETE FROM model_adapters WHERE model_id = ?", (model_id,))


def _adapter(row: Row | Sequence[object]) -> Adapter:
    adapter_id, path, summary = row
    assert isinstance(adapter_id, int) and isinstance(path, str) and isinstance(summary, str)
    present = FileStamp.of(Path(path)) is not None
    return Adapter(adapter_id, path, msgspec.json.decode(summary, type=AdapterSummary), present)
