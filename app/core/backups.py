"""Rotating copies of one SQLite database, and the damaged ones that were taken out of use.

A copy's name says when it was made; its modification time is the database's own at that moment, so that a later look
can tell whether anything was written since, in this process or another.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import apsw

from app.core.files import atomic_write

log = logging.getLogger(__name__)

_PAGES_A_STEP = 2048
_NAME = "%Y%m%dT%H%M%S%f"


def is_sound(path: Path) -> bool:
    """Whether SQLite can read the whole file and finds nothing wrong with it (``quick_check``)."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        finally:
            connection.close()
    except (apsw.NotADBError, apsw.CorruptError) as error:
        log.warning("%s is damaged: %s", path.name, error)
        return False


class Backups:
    """Copies of the database ``stem`` in ``folder``, at most ``keep``. Names sort by time.

    The newer half are the newest there are; the others are the last ones of the days before, so that a mistake that is
    seen late can still be undone.
    """

    def __init__(self, folder: Path, stem: str, keep: int = 5) -> None:
        self.folder = folder
        self._stem = stem
        self._keep = keep

    def newest_first(self) -> list[Path]:
        """All copies there are."""
        return sorted(self.folder.glob(f"{self._stem}-*.sqlite"), reverse=True)

    def newest(self) -> Path | None:
        """The last copy; None when there is none."""
        return next(iter(self.newest_first()), None)

    def take(self, database: Path, stop: Callable[[], bool] = lambda: False) -> Path | None:
        """Copy a database as it is now, whole and on the disk when this returns; then drop copies that are too many.

        Nobody waits: it is read through a connection of its own, and in WAL mode writers go on meanwhile. Returns None
        when ``stop`` said so before it was done.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{self._stem}-{_now()}.sqlite"
        temporary = target.with_suffix(".part")
        try:
            temporary.touch(mode=0o600)
            written_ns = _copy(database, temporary, stop)
            if written_ns is None:
                return None
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            os.utime(temporary, ns=(written_ns, written_ns))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        self._drop_old()
        return target

    def _drop_old(self) -> None:
        copies = self.newest_first()
        kept = _worth_keeping(copies, self._keep)
        gone = [copy for copy in copies if copy not in kept]
        # What a kill left behind; a fresh one may be another process's copy under way.
        gone += [part for part in self.folder.glob(f"{self._stem}-*.part") if age_s(part) > 86_400]
        for old in gone:
            with contextlib.suppress(OSError):
                old.unlink()

    def restore(self, path: Path) -> Path | None:
        """Put the newest sound copy at ``path``; returns which it was, None when there is none."""
        for candidate in self.newest_first():
            if is_sound(candidate):
                with atomic_write(path) as target, candidate.open("rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
                return candidate
        return None

    def set_aside(self, path: Path) -> Path | None:
        """Move a damaged database and its journal files to ``damaged/``; nothing is ever deleted there.

        Returns where the database is now, None when there was only a journal or nothing.
        """
        folder = self.folder / "damaged"
        kept: Path | None = None
        stamp = _now()
        for suffix in ("", "-wal", "-shm"):
            file = path.with_name(path.name + suffix)
            if file.exists():
                folder.mkdir(parents=True, exist_ok=True)
                target = folder / f"{path.stem}-{stamp}{path.suffix}{suffix}"
                shutil.move(file, target)
                kept = kept or (target if not suffix else None)
        return kept


def written_ns(database: Path) -> int:
    """When the file or its log was last written to: another number means that something changed."""
    found = 0
    for file in (database, database.with_name(database.name + "-wal")):
        with contextlib.suppress(OSError):
            status = file.stat()
            found = max(found, status.st_mtime_ns if status.st_size else 0)
    return found


def _copy(database: Path, target: Path, stop: Callable[[], bool]) -> int | None:
    source, copy = apsw.Connection(str(database)), apsw.Connection(str(target))
    try:
        source.set_busy_timeout(5000)
        # Closing would write the log into the file, and that would look like a change.
        source.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        written = written_ns(database)
        # One view for all steps; without it each write of another connection would start the copying anew.
        source.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                if stop():
                    return None
                backup.step(_PAGES_A_STEP)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()
        return written
    finally:
        copy.close()
        source.close()


def _worth_keeping(newest_first: list[Path], keep: int) -> set[Path]:
    kept = newest_first[: (keep + 1) // 2]
    days = {_day(copy) for copy in kept}
    rest = [copy for copy in newest_first if copy not in kept]
    for copy in rest:
        if _day(copy) not in days:
            days.add(_day(copy))
            kept.append(copy)
    fill = [copy for copy in rest if copy not in kept]
    return set((kept + fill)[:keep])


def _day(copy: Path) -> str:
    return copy.stem.rsplit("-", 1)[-1][:8]


def age_s(copy: Path) -> float:
    """Seconds since a copy was made, by its name."""
    try:
        made = datetime.strptime(copy.stem.rsplit("-", 1)[-1], _NAME).replace(tzinfo=UTC)
    except ValueError:  # a name that a person gave
        return float("inf")
    return max(0.0, time.time() - made.timestamp())


def _now() -> str:
    return datetime.now(UTC).strftime(_NAME)
