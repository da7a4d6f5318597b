"""Steps that bring a database's schema to what this version needs, each done once and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import apsw

from app.core.errors import StorageError


@dataclass(frozen=True)
class Migration:
    """One step of a schema. Lists of them are append-only: a step that was released is never changed or removed.

    ``change`` is SQL (several statements are fine) or a function of the connection; it runs in a transaction.
    """

    name: str
    change: str | Callable[[apsw.Connection], None]


def still_to_do(
    connection: apsw.Connection, migrations: Sequence[Migration], name: str
) -> tuple[bool, Sequence[Migration]]:
    """Whether any step was done before, and the steps that are missing.

    Errors: :class:`StorageError` when another version did steps that are not known here; ``name`` is the file's.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, done_at TEXT DEFAULT CURRENT_TIMESTAMP)"
    )
    done = [str(step) for (step,) in connection.execute("SELECT name FROM migrations ORDER BY rowid")]
    known = [migration.name for migration in migrations]
    if done != known[: len(done)]:
        raise StorageError(
            f"The database {name} cannot be used by this version of Satchel.",
            "A newer version has changed it." if len(done) > len(known) else "Another version has changed it.",
            "Start the newer version. The file is left as it is.",
        )
    return bool(done), migrations[len(done) :]


def do(connection: apsw.Connection, migration: Migration) -> None:
    """Do one step, within the caller's transaction, and note that it is done."""
    if callable(migration.change):
        migration.change(connection)
    else:
        connection.execute(migration.change)
    connection.execute("INSERT INTO migrations (name) VALUES (?)", (migration.name,))
