"""What models really took here, kept beside what was predicted; and the layouts that llama.cpp was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from app.core.database import Database, Row
from app.core.sizes import size_text
from app.models.sizing import Layout

MOST_LAYOUTS = 5_000
_COLUMNS = "model, file_name, size_bytes, settings, machine, llama_cpp, predicted, resident_bytes, peak_bytes,\
 tokens_per_s, prompt_tokens, measured_at"


@dataclass(frozen=True)
class Measurement:
    """One model, loaded with one set of settings on one machine, as of its last use.

    ``model``: what tells its header from others (:func:`app.models.header_key.header_key`). ``settings``: JSON.
    ``resident_bytes``: of the worker when last looked at; ``peak_bytes``: the most it had. ``tokens_per_s``: of the
    last reply, 0.0 before one; ``prompt_tokens``: the most that were computed for one.
    """

    model: str
    file_name: str
    size_bytes: int
    settings: str
    machine: str
    llama_cpp: str
    predicted: Layout
    resident_bytes: int
    peak_bytes: int
    tokens_per_s: float
    prompt_tokens: int
    measured_at: datetime

    @property
    def sentence(self) -> str:
        """For the person: "predicted 1.9 GB, measured 1.9 GB", to three digits where they differ."""
        predicted, measured = self.predicted.resident_bytes, self.peak_bytes
        return f"predicted {_finely(predicted)}, measured {_finely(measured)}"


class MeasurementRecords:
    """The table of measurements. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, found: Measurement) -> None:
        """Keep it in place of an earlier one of the same model, settings, machine and llama.cpp."""
        self._database.execute(
            f"INSERT INTO measurements({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(model, settings, machine, llama_cpp) DO UPDATE SET file_name = excluded.file_name,"
            " predicted = excluded.predicted, resident_bytes = excluded.resident_bytes,"
            " peak_bytes = excluded.peak_bytes, tokens_per_s = excluded.tokens_per_s,"
            " prompt_tokens = excluded.prompt_tokens, measured_at = excluded.measured_at",
            (
                found.model,
                found.file_name,
                found.size_bytes,
                found.settings,
                found.machine,
                found.llama_cpp,
                msgspec.json.encode(found.predicted).decode(),
                found.resident_bytes,
                found.peak_bytes,
                found.tokens_per_s,
                found.prompt_tokens,
                found.measured_at.isoformat(),
            ),
        )

    def of_model(self, model: str) -> tuple[Measurement, ...]:
        """All of a model, the newest first."""
        return self._where("model = ?", [model])

    def of_machine(self, machine: str, llama_cpp: str) -> tuple[Measurement, ...]:
        """All on a machine with a llama.cpp, the newest first."""
        return self._where("machine = ? AND llama_cpp = ?", [machine, llama_cpp])

    def _where(self, condition: str, values: Sequence[str]) -> tuple[Measurement, ...]:
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM measurements WHERE {condition} ORDER BY measured_at DESC LIMIT 100", tuple(values)
        )
        return tuple(_measurement(row) for row in rows)


class LayoutRecords:
    """Layouts by a key that names all they depend on. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> Layout | None:
        """The layout, or None."""
        rows = self._database.execute("SELECT layout FROM layouts WHERE key = ?", (key,))
        return msgspec.json.decode(rows[0][0], type=Layout) if rows else None

    def keep(self, key: str, layout: Layout) -> None:
        """Keep it; beyond :data:`MOST_LAYOUTS` the oldest are forgotten."""
        text = msgspec.json.encode(layout).decode()
        self._database.execute("INSERT OR REPLACE INTO layouts(key, layout) VALUES (?, ?)", (key, text))
        self._database.execute("DELETE FROM layouts WHERE id <= (SELECT max(id) FROM layouts) - ?", (MOST_LAYOUTS,))


def _measurement(row: Row) -> Measurement:
    (*texts, predicted, resident_bytes, peak_bytes, tokens_per_s, prompt_tokens, measured_at) = row
    model, file_name, size_bytes, settings, machine, llama_cpp = texts
    return Measurement(
        model,
        file_name,
        size_bytes,
        settings,
        machine,
        llama_cpp,
        msgspec.json.decode(predicted, type=Layout),
        resident_bytes,
        peak_bytes,
        tokens_per_s,
        prompt_tokens,
        datetime.fromisoformat(measured_at),
    )


def now() -> datetime:
    """The time of a measurement."""
    return datetime.now(UTC)


def _finely(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.2f} GB" if size_bytes >= 999_500_000 else size_text(size_bytes)
