"""When a database that is open is copied: if something changed and the last copy is old, and when it is closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from app.core.backups import Backups, age_s, written_ns
from app.core.errors import SatchelError

log = logging.getLogger(__name__)

MOST_AT_CLOSE_BYTES = 64_000_000
"""Larger databases are not copied when closing, which would keep a person waiting, only while they are open."""


class Copying:
    """Copies of the database at ``path``, made on a thread of its own that looks every ``look_every_s``.

    One is due when something changed since the last and that is older than ``every_s`` (infinite: none). ``content``
    names a table without which a copy is worth little: while it is empty no first copy is made, and as soon as it is
    not, the next one is made however young the last is. ``words`` turns SQLite's errors into ours.
    """

    def __init__(
        self,
        path: Path,
        backups: Backups,
        words: Callable[[], AbstractContextManager[None]],
        *,
        every_s: float,
        look_every_s: float,
        content: str,
    ) -> None:
        self._path, self._backups, self._words = path, backups, words
        self._every_s, self._look_every_s, self._content = every_s, look_every_s, content
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="copies", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        if self._every_s != float("inf"):
            self._thread.start()

    def copy(self) -> Path:
        """Make a copy now; returns where it is."""
        with self._lock, self._words():
            made = self._backups.take(self._path)
            assert made is not None
            return made

    def close(self) -> None:
        """Stop looking, and make a last copy if it is due and soon made. Twice is fine."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._path.is_file() and self._path.stat().st_size <= MOST_AT_CLOSE_BYTES:
            self._copy_if_due(lambda: False)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._copy_if_due(self._closing.is_set)
            self._closing.wait(self._look_every_s)

    def _copy_if_due(self, stop: Callable[[], bool]) -> None:
        try:
            with self._lock, self._words():
                if self._is_due():
                    self._backups.take(self._path, stop)
        except (SatchelError, OSError):  # the work goes on without; the next look tries again
            log.warning("no copy of %s was made", self._path.name, exc_info=True)

    def _is_due(self) -> bool:
        if self._every_s == float("inf"):
            return False
        newest = self._backups.newest()
        if newest is None:
            return not self._content or _has_rows(self._path, self._content)
        if newest.stat().st_mtime_ns == written_ns(self._path):
            return False
        if age_s(newest) > self._every_s:
            return True
        return bool(self._content) and _has_rows(self._path, self._content) and not _has_rows(newest, self._content)


def _has_rows(database: Path, table: str) -> bool:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(5000)
        return bool(connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchall()[0][0])
    except (apsw.SQLError, apsw.NotADBError, apsw.CorruptError):  # an older schema, or no use as a copy
        return False
    finally:
        connection.close()
