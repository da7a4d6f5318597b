"""One download, from its first request to its files in their place."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.disk import write_trouble
from app.core.errors import NetworkError
from app.core.jobs import CancelToken
from app.models.download.names import target_paths
from app.models.download.outcomes import TryLater
from app.models.download.pace import Pace
from app.models.download.part import Means, PartFetch, Status
from app.models.download.partial import Identity, PartFiles
from app.models.download.placing import put_in_place
from app.models.download.queue import Entry, Outcome
from app.models.download.room import device
from app.models.hub.values import HubFile

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 15.0


class Transfer:
    """Works through one entry of the queue on the thread that calls :meth:`run`; ``cancel`` stops it.

    ``on_file`` hears when the hub says something else of the file than was listed.
    """

    def __init__(
        self, means: Means, entry: Entry, models: Path, cancel: CancelToken, on_file: Callable[[HubFile], None]
    ) -> None:
        self.entry = entry
        self.file = entry.spec.file
        self.cancel = cancel
        self._means = means
        self._models = models
        self._on_file = on_file
        self._status = Status()
        self._pace = Pace()
        self._lock = threading.Lock()

    def outcome(self) -> Outcome:
        """How far it is now."""
        with self._lock:
            status, total = self._status, self.file.size_bytes
            moving = status.state == "downloading" and not status.waiting
            if moving:
                self._pace.note(time.monotonic(), status.done_bytes)
            else:
                self._pace = Pace()
            rate = self._pace.bytes_per_s
            left = (total - status.done_bytes) / rate if rate else None
            return Outcome(
                self.entry.wish.serial,
                status.state,
                status.done_bytes,
                total,
                note=status.note,
                bytes_per_s=rate,
                seconds_left=left,
                checked_bytes=status.checked_bytes,
            )

    def run(self) -> None:
        """Return when all files are in their place.

        Errors: :class:`SatchelError` in words, Cancelled among them; ``DiskFull`` when it can go on after a clean-up.
        """
        import httpx2

        timeout = httpx2.Timeout(self._means.timing.stall_s, connect=CONNECT_TIMEOUT_S)
        title = self.entry.spec.title
        try:
            targets = target_paths(self._models, self.file)
            with self._means.network.client(f"Download {title}", timeout=timeout) as client:
                for index, target in enumerate(targets):
                    self._part(client, index, target)
            self._status.state = "verifying"
            # The first part last: it is the one that makes a split model appear.
            for index, target in reversed(list(enumerate(targets))):
                self._place(self._files(index), target)
        except TryLater as error:
            minutes = round(self._means.timing.give_up_s / 60)
            raise NetworkError(
                f"{title} is not here yet.",
                f"Nothing arrived for {minutes} minutes. The last that was seen: {error.why}",
                "Resume it when the connection is better: it goes on where it is.",
            ) from error
        except OSError as error:
            raise write_trouble(f"{title} could not be saved.", self.entry.folder, error) from error
        finally:
            self._means.room.leave(self.entry.id)

    def _place(self, files: PartFiles, target: Path) -> None:
        if not files.bytes_file.exists():
            return
        try:
            put_in_place(files.bytes_file, target, self.cancel.check)
        except OSError as error:
            raise write_trouble(f"{target.name} could not be put in its place.", target, error) from error

    def _files(self, index: int) -> PartFiles:
        return PartFiles(self.entry.folder, index)

    def _part(self, client: httpx2.Client, index: int, target: Path) -> None:
        files, size = self._files(index), self.file.sizes[index]
        facts = files.facts()
        if facts is not None and facts.verified and (files.bytes_file.exists() or _has_size(target, size)):
            self._status.done_bytes += size
            self._status.checked_bytes += size
            return
        later = sum(
            max(0, self.file.sizes[other] - self._files(other).there_bytes())
            for other in range(index + 1, len(self.file.paths))
        )
        fetch = PartFetch(
            self._means,
            client,
            files,
            self.file,
            index,
            self._status,
            self.cancel,
            claim_room=lambda missing: self._claim_room(missing + later),
            watch_room=lambda missing: self._watch_room(missing + later),
            on_identity=lambda identity: self._adopt(index, identity),
        )
        fetch.run()

    def _claim_room(self, missing: int) -> None:
        room, entry = self._means.room, self.entry
        room.claim(entry.id, entry.folder, missing, entry.spec.title)
        if device(self._models) != device(entry.folder):
            room.claim(entry.id, self._models, self.file.size_bytes, entry.spec.title)

    def _watch_room(self, missing: int) -> None:
        self._means.room.watch(self.entry.id, self.entry.folder, missing, self.entry.spec.title)

    def _adopt(self, index: int, identity: Identity) -> None:
        sizes, hashes = list(self.file.sizes), list(self.file.sha256s)
        if (sizes[index], hashes[index]) == (identity.size, identity.sha256):
            return
        if hashes[index] and hashes[index] != identity.sha256:
            self._status.remark("The hub has another file now than when this download was added; it is taken.")
        sizes[index], hashes[index] = identity.size, identity.sha256
        with self._lock:
            self.file = replace(self.file, sizes=tuple(sizes), sha256s=tuple(hashes))
        self._on_file(self.file)


def clean_up(entry: Entry) -> None:
    """Delete what only an unfinished download needs."""
    for index in range(len(entry.spec.file.paths)):
        files = PartFiles(entry.folder, index)
        files.discard()
        files.facts_file.unlink(missing_ok=True)


def take_back(entry: Entry, models: Path) -> None:
    """Delete parts of a split model that are in their place although its first one is not: alone they are of no use."""
    targets = target_paths(models, entry.spec.file)
    placed = [_is_placed(PartFiles(entry.folder, index), target) for index, target in enumerate(targets)]
    for target, there in zip(targets, placed, strict=True):
        if there and not placed[0]:
            with contextlib.suppress(OSError):
                target.unlink()


def _is_placed(files: PartFiles, target: Path) -> bool:
    facts = files.facts()
    verified = facts is not None and facts.verified and not files.bytes_file.exists()
    return verified and facts is not None and _has_size(target, facts.identity.size)


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
