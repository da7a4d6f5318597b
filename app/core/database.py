"""One SQLite file that survives kills, power cuts and its own damage.

WAL and ``synchronous=FULL``: what was committed is on the disk. A copy is made before each migration and from time to
time (:mod:`app.core.copying`). What is damaged or gone at start is mended with the newest (:mod:`app.core.mending`).

apsw rather than the standard library's ``sqlite3``: it ships a current SQLite with FTS5 on every platform, and does not
open transactions by itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from app.core.backups import Backups
from app.core.copying import Copying
from app.core.disk import NEEDED_BYTES, write_trouble
from app.core.errors import BusyError, DiskFull, StorageError
from app.core.mending import mend
from app.core.migrations import Migration, do, still_to_do
from app.core.sizes import size_text

Value = None | int | float | str | bytes
Row = tuple[Any, ...]
HOUR_S = 3600.0
LOOK_EVERY_S = 600.0


class Database:
    """An open database; safe to use from any thread.

    ``execute`` and ``transaction`` use one writing connection, one thread at a time. ``query`` uses a second one that
    sees what is committed and never waits for a transaction under way.

    ``backup_every_s``, ``look_every_s`` and ``content`` say when it is copied: :class:`~app.core.copying.Copying`.
    ``called``: what people call its content, in the plural and as a sentence begins ("Your conversations"); empty: the
    file's name.

    Errors of the constructor: :class:`StorageError` when the file was written by a newer version (it is left as it is)
    or cannot be opened; :class:`BusyError` when another process holds it.
    """

    def __init__(
        self,
        path: Path,
        backups: Path,
        migrations: Sequence[Migration],
        *,
        keep_backups: int = 5,
        backup_every_s: float = HOUR_S,
        look_every_s: float = LOOK_EVERY_S,
        content: str = "",
        called: str = "",
    ) -> None:
        self.path = path
        self.restored = ""
        """What was wrong at start and what was done about it, as sentences; empty when all was well."""
        self._called = called or path.name
        kept = Backups(backups, path.stem, keep_backups)
        self._copying = Copying(
            path, kept, self._words, every_s=backup_every_s, look_every_s=look_every_s, content=content
        )
        self._lock = threading.RLock()
        self._read_lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._words():
            self.restored = mend(path, kept)
            with contextlib.suppress(OSError):  # SQLite says it, if it matters
                if not path.exists():
                    path.touch(mode=0o600)
                path.chmod(0o600)
            self._connection = _connect(path)
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._migrate(migrations)
                self._reader = _connect(path)
                self._reader.execute("PRAGMA query_only=1")
            except BaseException:
                self._connection.close()
                raise
        self._copying.start()

    def execute(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Run one statement and return its rows; outside :meth:`transaction` it is committed when this returns.

        Errors: :class:`DiskFull`, :class:`StorageError`, :class:`BusyError`; mistakes in the SQL are apsw's own.
        """
        with self._lock, self._words():
            return self._connection.execute(sql, tuple(values)).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of values, in one transaction."""
        with self.transaction(), self._words():
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run an INSERT; returns the new row's id."""
        with self._lock, self._words():
            self._connection.execute(sql, tuple(values))
            return int(self._connection.last_insert_rowid())

    def query(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Read what is committed; does not wait for writers, and does not see an unfinished transaction."""
        with self._read_lock, self._words():
            return self._reader.execute(sql, tuple(values)).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Other threads' writes wait until it ends. One inside another joins it."""
        with self._lock, self._words():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # Some errors, such as a full disk, may have ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def backup(self) -> Path:
        """Make a copy now; returns where it is."""
        return self._copying.copy()

    def close(self) -> None:
        """Write everything into the one file, copy it if that is due, and let go of it. Twice is fine."""
        self._copying.close()
        with self._lock, self._read_lock:
            self._reader.close()
            self._connection.close()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        used_before, missing = still_to_do(self._connection, migrations, self.path.name)
        for migration in missing:
            if used_before:
                self.backup()
            with self.transaction():
                do(self._connection, migration)

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        """Turn the environment's errors into ours. What is left (bad SQL, broken constraints) is a bug."""
        name = self.path.name
        try:
            yield
        except apsw.FullError as error:
            raise DiskFull(
                f"{self._called} could not be saved.",
                "The disk is full.",
                f"Free at least {size_text(NEEDED_BYTES)}, then try again.",
            ) from error
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise StorageError(
                f"The database {name} is damaged.",
                f"SQLite says: {error}.",
                "Restart Satchel: it puts the last good backup in its place and keeps the damaged file.",
            ) from error
        except (apsw.BusyError, apsw.LockedError) as error:
            raise BusyError(
                f"The database {name} is in use.",
                "Another program holds it.",
                "Close the other program, then try again.",
            ) from error
        except (apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError) as error:
            raise write_trouble(f"{self._called} could not be read or saved.", self.path, error) from error


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    for pragma in ("synchronous=FULL", "fullfsync=1", "foreign_keys=1", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
