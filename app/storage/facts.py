"""Small things Satchel has learned and need not ask again: measured thread counts, the last model, a crash counter."""

from __future__ import annotations

from app.core.database import Database


class Facts:
    """Text by key, kept in the conversations database. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The text, or None if there is none."""
        rows = self._database.execute("SELECT value FROM facts WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set(self, key: str, value: str | None) -> None:
        """Keep it, durable when this returns; None forgets it."""
        if value is None:
            self._database.execute("DELETE FROM facts WHERE key = ?", (key,))
        else:
            self._database.execute(
                "INSERT INTO facts(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                (key, value),
            )
