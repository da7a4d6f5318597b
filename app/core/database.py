"""One SQLite file that survives kills, power cuts and its own damage.

WAL and ``synchronous=FULL``: what was committed is on the disk. A backup is made before each migration, and when
something changed and the last copy is old (looked at every few minutes and when closing). A database that is damaged or
gone at start is replaced by the newest sound backup and kept aside.

apsw rather than the standard library's ``sqlite3``: it ships a current SQLite with FTS5 on every platform, and does not
open transactions by itself.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from app.core.backups import Backups, age_s, is_sound, written_ns
from app.core.disk import NEEDED_BYTES, write_trouble
from app.core.errors import BusyError, DiskFull, SatchelError, StorageError
from app.core.sizes import size_text

log = logging.getLogger(__name__)

Value = None | int | float | str | bytes
Row = tuple[Any, ...]
HOUR_S = 3600.0
LOOK_EVERY_S = 600.0
MOST_AT_CLOSE_BYTES = 64_000_000
"""Larger databases are not copied when closing, which would keep a person waiting, only while they are open."""


@dataclass(frozen=True)
class Migration:
    """One step of a schema. Lists of them are append-only: a step that was released is never changed or removed.

    ``change`` is SQL (several statements are fine) or a function of the connection; it runs in a transaction.
    """

    name: str
    change: str | Callable[[apsw.Connection], None]


class Database:
    """An open database; safe to use from any thread.

    ``execute`` and ``transaction`` use one writing connection, one thread at a time. ``query`` uses a second one that
    sees what is committed and never waits for a transaction under way.

    A copy is made, on a thread of its own and when closing, if something changed since the last one and that is older
    than ``backup_every_s`` (infinite: none). ``content`` names a table without which a copy is worth little: while it
    is empty no first copy is made, and as soon as it is not, the next one is made however young the last is.
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
        self._backups = Backups(backups, path.stem, keep_backups)
        self._backup_every_s = backup_every_s
        self._content = content
        self._called = called or path.name
        self._backup_lock = threading.Lock()
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep_copies, args=(look_every_s,), name="copies", daemon=True)
        self._lock = threading.RLock()
        self._read_lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._words():
            self._mend()
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
        if backup_every_s != float("inf"):
            self._keeper.start()

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
        with self._backup_lock, self._words():
            copy = self._backups.take(self.path)
            assert copy is not None
            return copy

    def close(self) -> None:
        """Write everything into the one file, copy it if that is due, and let go of it. Twice is fine."""
        if not self._closing.is_set():
            self._closing.set()
            if self._keeper.is_alive():
                self._keeper.join()
            if self.path.is_file() and self.path.stat().st_size <= MOST_AT_CLOSE_BYTES:
                self._back_up_if_due(lambda: False)
        with self._lock, self._read_lock:
            self._reader.close()
            self._connection.close()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _keep_copies(self, look_every_s: float) -> None:
        while not self._closing.is_set():
            self._back_up_if_due(self._closing.is_set)
            self._closing.wait(look_every_s)

    def _back_up_if_due(self, stop: Callable[[], bool]) -> None:
        try:
            with self._backup_lock, self._words():
                if self._is_backup_due():
                    self._backups.take(self.path, stop)
        except (SatchelError, OSError):  # the work goes on without; the next look tries again
            log.warning("no copy of %s was made", self.path.name, exc_info=True)

    def _is_backup_due(self) -> bool:
        if self._backup_every_s == float("inf"):
            return False
        newest = self._backups.newest()
        if newest is None:
            return not self._content or _has_rows(self.path, self._content)
        if newest.stat().st_mtime_ns == written_ns(self.path):
            return False
        if age_s(newest) > self._backup_every_s:
            return True
        return bool(self._content) and _has_rows(self.path, self._content) and not _has_rows(newest, self._content)

    def _mend(self) -> None:
        name = self.path.name
        # SQLite takes an empty file for a new database: that is how a lost one would go unnoticed.
        there = self.path.exists() and self.path.stat().st_size > 0
        if there and is_sound(self.path):
            return
        if not there and not self._backups.newest_first():
            return
        kept = self._backups.set_aside(self.path)
        copy = self._backups.restore(self.path)
        wrong = f"The database {name} was {'damaged' if there else 'missing'}."
        aside = f"The damaged one is kept as {kept}." if there and kept is not None else ""
        if copy is not None:
            made = f"{copy.stem.rsplit('-', 1)[-1]:.13}"
            made = f"{made[:4]}-{made[4:6]}-{made[6:8]} {made[9:11]}:{made[11:13]} UTC"
            done = f"It was restored from the backup of {made}; changes since then are not in it."
        else:
            done = "There was no usable backup, so a new, empty one was started."
        self.restored = " ".join(part for part in (wrong, done, aside) if part)
        log.error("%s", self.restored)

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        connection = self._connection
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, done_at TEXT DEFAULT CURRENT_TIMESTAMP)"
        )
        done = [str(name) for (name,) in connection.execute("SELECT name FROM migrations ORDER BY rowid")]
        known = [migration.name for migration in migrations]
        if done != known[: len(done)]:
            raise StorageError(
                f"The database {self.path.name} cannot be used by this version of Satchel.",
                "A newer version has changed it." if len(done) > len(known) else "Another version has changed it.",
                "Start the newer version. The file is left as it is.",
            )
        for migration in migrations[len(done) :]:
            if done:
                self.backup()
            with self.transaction():
                if callable(migration.change):
                    migration.change(connection)
                else:
                    connection.execute(migration.change)
                connection.execute("INSERT INTO migrations (name) VALUES (?)", (migration.name,))

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


def _has_rows(database: Path, table: str) -> bool:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(5000)
        return bool(connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchall()[0][0])
    except (apsw.SQLError, apsw.NotADBError, apsw.CorruptError):  # an older schema, or no use as a copy
        return False
    finally:
        connection.close()


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    for pragma in ("synchronous=FULL", "fullfsync=1", "foreign_keys=1", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
