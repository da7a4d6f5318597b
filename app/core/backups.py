"""Rotating copies of one SQLite database, and the damaged ones that were taken out of use."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import apsw

from app.core.files import atomic_write

log = logging.getLogger(__name__)


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
    """Copies of the database ``stem`` in ``folder``: the ``keep`` newest ones. Names sort by time."""

    def __init__(self, folder: Path, stem: str, keep: int = 5) -> None:
        self.folder = folder
        self._stem = stem
        self._keep = keep

    def newest_first(self) -> list[Path]:
        """All copies there are."""
        return sorted(self.folder.glob(f"{self._stem}-*.sqlite"), reverse=True)

    def age_s(self) -> float:
        """Seconds since the newest copy was made; infinite when there is none."""
        newest = next(iter(self.newest_first()), None)
        return max(0.0, time.time() - newest.stat().st_mtime) if newest is not None else float("inf")

    def take(self, connection: apsw.Connection) -> Path:
        """Copy a database as it is now, whole and on the disk when this returns; then drop the oldest copies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{self._stem}-{_now()}.sqlite"
        temporary = target.with_suffix(".part")
        temporary.unlink(missing_ok=True)
        try:
            copy = apsw.Connection(str(temporary))
            try:
                with copy.backup("main", connection, "main") as backup:
                    backup.step()
                copy.execute("PRAGMA journal_mode=DELETE")
            finally:
                copy.close()
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        for old in self.newest_first()[self._keep :]:
            with contextlib.suppress(OSError):
                old.unlink()
        return target

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


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
