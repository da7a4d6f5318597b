"""The list of downloads on the disk: a folder for each, with what it is, what the person wants, and what became of it.

Several processes may read it, add to it and say what is wanted; only the one that holds the lock works through it and
writes outcomes. Nothing secret is in it: no token, no URL.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from app.core.files import atomic_write
from app.core.lock import FileLock
from app.models.download.values import DownloadState
from app.models.hub.values import HubFile

_NEW = "new-"
_LAST_ID = "last-id.json"
_ABANDONED_S = 60.0
_FRESH_S = 5.0
_WAIT_S = 20.0
"""For others that add, which takes milliseconds; disks can be slow."""

ValueT = TypeVar("ValueT")


@dataclass(frozen=True)
class Spec:
    """What is to be fetched."""

    title: str
    file: HubFile
    added_at: datetime


@dataclass(frozen=True)
class Wish:
    """What the person wants. ``serial`` grows with each wish; ``place``: smaller ones come first."""

    wanted: Literal["run", "pause", "cancel"] = "run"
    serial: int = 0
    place: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of the wish with this ``serial``, or how far it is."""

    serial: int = 0
    state: DownloadState = "queued"
    done_bytes: int = 0
    total_bytes: int = 0
    problem: str = ""
    note: str = ""
    bytes_per_s: float = 0.0
    seconds_left: float | None = None
    checked_bytes: int = 0

    @property
    def final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in ("paused", "failed", "done")


@dataclass(frozen=True)
class Entry:
    """One download as it lies on the disk."""

    id: int
    folder: Path
    spec: Spec
    wish: Wish
    outcome: Outcome
    fresh: bool
    """Whether the outcome was written just now, by whoever works on it."""

    @property
    def waits(self) -> bool:
        """Whether there is something to do for it."""
        settled = self.outcome.final and self.outcome.serial == self.wish.serial
        return self.wish.wanted == "run" and self.outcome.state != "done" and not settled

    @property
    def state(self) -> DownloadState:
        """As the disk tells: what a person wants counts more than an outcome of an earlier wish."""
        if self.outcome.state == "done":
            return "done"
        if self.wish.wanted == "pause":
            return "paused"
        current = self.outcome.serial == self.wish.serial and (self.outcome.final or self.fresh)
        return self.outcome.state if current else "queued"


class Queue:
    """The list in one folder. Safe from any thread and several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self) -> list[Entry]:
        """In the order in which they are worked off."""
        found = [entry for folder in self._folders() if (entry := self._read(folder)) is not None]
        return sorted(found, key=lambda entry: (entry.wish.place, entry.id))

    def alone(self) -> FileLock:
        """A ``with`` block in which nobody else adds: what is looked for before is not added meanwhile.

        Errors: OSError, :class:`BusyError` when another process does not come to an end with it.
        """
        return FileLock(self._folder / "adding.lock", "The download could not be added.", "the list", wait_s=_WAIT_S)

    def entry(self, download_id: int) -> Entry | None:
        """One of them; None when it is not there."""
        return self._read(self._folder / str(download_id))

    def add(self, title: str, file: HubFile) -> Entry:
        """A new one, at the end. It appears with all that belongs to it. Errors: OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=_NEW, dir=self._folder))
        try:
            _write(new / "item.json", Spec(title, file, datetime.now(UTC)))
            _write(new / "wish.json", Wish())
            for number in itertools.count(self._last_id() + 1):
                folder = self._folder / str(number)
                if not folder.exists():
                    with contextlib.suppress(OSError):  # another process took the number
                        new.rename(folder)
                        break
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        _write(self._folder / _LAST_ID, int(folder.name))
        entry = self._read(folder)
        assert entry is not None
        return entry

    def wish(self, entry: Entry, wanted: Literal["run", "pause", "cancel"]) -> None:
        """Say what is wanted. Errors: OSError."""
        _write(entry.folder / "wish.json", Wish(wanted, entry.wish.serial + 1, entry.wish.place))

    def place_first(self, entry: Entry) -> None:
        """Have it worked off before all others. Errors: OSError."""
        first = min(other.wish.place for other in (entry, *self.entries())) - 1.0
        _write(entry.folder / "wish.json", Wish(entry.wish.wanted, entry.wish.serial, first))

    def change_file(self, entry: Entry, file: HubFile) -> None:
        """The hub says something else of the file than when it was added. Errors: OSError."""
        _write(entry.folder / "item.json", Spec(entry.spec.title, file, entry.spec.added_at))

    def set_outcome(self, entry: Entry, outcome: Outcome) -> None:
        """Write what became of it; safely where it is final. Errors: OSError."""
        path = entry.folder / "outcome.json"
        if outcome.final:
            _write(path, outcome)
        elif entry.folder.exists():
            passing = path.with_suffix(".new")
            passing.write_bytes(msgspec.json.encode(outcome))
            passing.replace(path)

    def remove(self, entry: Entry) -> None:
        """Forget it and delete what lies in its folder."""
        (entry.folder / "item.json").unlink(missing_ok=True)  # from here on it is an orphan
        shutil.rmtree(entry.folder, ignore_errors=True)

    def sweep(self) -> int:
        """Delete what belongs to no download; gives how many were found. Only for who holds the lock."""
        swept = 0
        for path in self._folder.iterdir():
            whole = path.name.isdigit() and self._read(path) is not None
            if whole or path.name == _LAST_ID or path.suffix == ".lock":
                continue
            if path.name.startswith(_NEW) and _age_s(path) < _ABANDONED_S:
                continue  # another process is adding it
            swept += 1
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return swept

    def _last_id(self) -> int:
        """The highest that was ever given: no id means two downloads."""
        return max([_load(self._folder / _LAST_ID, int) or 0, *(int(folder.name) for folder in self._folders())])

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if path.name.isdigit()]

    def _read(self, folder: Path) -> Entry | None:
        spec = _load(folder / "item.json", Spec)
        if spec is None:
            return None
        wish, outcome = _load(folder / "wish.json", Wish), _load(folder / "outcome.json", Outcome)
        return Entry(
            int(folder.name),
            folder,
            spec,
            wish or Wish(),
            outcome or Outcome(),
            _age_s(folder / "outcome.json") < _FRESH_S,
        )


def _age_s(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)  # a clock that was set back must not make it young for ever
    except OSError:
        return math.inf


def _load(path: Path, kind: type[ValueT]) -> ValueT | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(path: Path, value: object) -> None:
    with atomic_write(path) as file:
        file.write(msgspec.json.encode(value))
