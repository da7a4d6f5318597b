"""A database that is damaged or gone at start: the newest sound backup takes its place, and the damaged one is kept."""

from __future__ import annotations

import logging
from pathlib import Path

from app.core.backups import Backups, is_sound

log = logging.getLogger(__name__)


def mend(path: Path, backups: Backups) -> str:
    """See to it that there is a sound database, or none yet.

    Returns what was wrong and what was done about it, as sentences; empty when all was well.
    """
    # SQLite takes an empty file for a new database: that is how a lost one would go unnoticed.
    there = path.exists() and path.stat().st_size > 0
    if there and is_sound(path):
        return ""
    if not there and not backups.newest_first():
        return ""
    kept = backups.set_aside(path)
    copy = backups.restore(path)
    wrong = f"The database {path.name} was {'damaged' if there else 'missing'}."
    aside = f"The damaged one is kept as {kept}." if there and kept is not None else ""
    if copy is not None:
        made = f"{copy.stem.rsplit('-', 1)[-1]:.13}"
        made = f"{made[:4]}-{made[4:6]}-{made[6:8]} {made[9:11]}:{made[11:13]} UTC"
        done = f"It was restored from the backup of {made}; changes since then are not in it."
    else:
        done = "There was no usable backup, so a new, empty one was started."
    restored = " ".join(part for part in (wrong, done, aside) if part)
    log.error("%s", restored)
    return restored
