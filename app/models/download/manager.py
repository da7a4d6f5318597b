"""The queue at work: what runs, what waits, and what a person says meanwhile."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from app.core.disk import write_trouble
from app.core.errors import BusyError, ModelError
from app.core.lock import FileLock
from app.models.download.crew import Crew
from app.models.download.names import target_paths
from app.models.download.part import Means
from app.models.download.queue import Entry, Outcome, Queue
from app.models.download.transfer import clean_up, take_back
from app.models.download.values import Download, OnFinished
from app.models.hub.values import HubFile

log = logging.getLogger(__name__)

_BUSY_TICK_S, _IDLE_TICK_S = 0.25, 1.0
_LEAVE_S = 3.0


class DownloadManager:
    """Downloads of one home. Safe from any thread.

    One process at a time works through the queue; it holds a lock. In another one the list can be read, added to and
    given wishes all the same: the first one acts on them within a second, and when it ends, another takes over. Nothing
    runs before :meth:`start`.

    ``on_change`` gets the list whenever it is another, at most five times a second; ``on_finished`` gets each download
    whose files are in place, and may raise a :class:`SatchelError`, which is told beside it.
    """

    def __init__(
        self,
        folder: Path,
        models: Path,
        means: Means,
        *,
        parallel: Callable[[], int],
        on_change: Callable[[tuple[Download, ...]], None],
        on_finished: OnFinished,
    ) -> None:
        self._folder = folder
        self._models = models
        self._parallel = parallel
        self._on_change = on_change
        self._queue = Queue(folder)
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._crew = Crew(
            self._queue,
            models,
            means,
            on_placed=lambda entry, outcome: on_finished(self._download(entry, outcome)),
            on_end=self._wake.set,
        )
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._held: FileLock | None = None
        self._elsewhere = False
        self._told: tuple[Download, ...] = ()
        self._told_at = 0.0
        self._tell_every_s = means.timing.tell_every_s
        self._untold = False
        self._written_at = 0.0

    # -- what a person does -------------------------------------------------------------------------------------------

    def add(self, file: HubFile, title: str = "") -> Download:
        """Put a file at the end of the queue. The same file again gives the download that there is already; an
        unfinished one of another version of it makes place, as both would lie in the same place.

        Errors: :class:`ModelError` for names that cannot be files here, :class:`StorageError`, :class:`BusyError`.
        """
        targets = target_paths(self._models, file)
        with self._lock, self._saying("The download could not be added."), self._queue.alone():
            outdated = []
            for entry in self._queue.entries():
                other = entry.spec.file
                if (other.repo_id, other.paths) != (file.repo_id, file.paths) or entry.wish.wanted == "cancel":
                    continue
                if not _same_content(other, file):
                    if entry.state != "done":
                        outdated.append(entry)
                    continue
                if entry.state != "done":
                    if entry.state in ("paused", "failed"):  # the commit that it was listed at may be gone
                        self._queue.change_file(entry, file)
                    self._go_on(entry)
                    return self.get(entry.id)
                if all(target.is_file() for target in targets):
                    return self._shown(entry)
                self._queue.remove(entry)
            entry = self._queue.add(title or file.name or Path(file.paths[0]).name, file)
            for old in outdated:  # not before: on a full disk nothing is added, and what is here is not to be lost
                self._wish(old, "cancel")
        self._wake.set()
        return self._shown(entry)

    def all(self) -> tuple[Download, ...]:
        """All downloads, in the order in which they are worked off."""
        return tuple(self._shown(entry) for entry in self._queue.entries() if entry.wish.wanted != "cancel")

    def get(self, download_id: int) -> Download:
        """One of them. Errors: :class:`ModelError` when it is not in the list."""
        return self._shown(self._entry(download_id))

    def pause(self, download_id: int) -> None:
        """Stop it within a second; what is there stays."""
        entry = self._entry(download_id)
        if entry.state not in ("done", "failed", "paused"):
            self._wish(entry, "pause")

    def resume(self, download_id: int) -> None:
        """Go on with a paused or failed one, where it is."""
        self._go_on(self._entry(download_id))

    def cancel(self, download_id: int) -> None:
        """Stop it and forget it, with all that has arrived. A finished one's files stay."""
        self._wish(self._entry(download_id), "cancel")
        if self._thread is None:
            with contextlib.suppress(BusyError):  # then whoever works through the queue does it
                lock = self._take_lock()
                self._drop_cancelled()
                lock.release()

    def clear_done(self) -> None:
        """Forget the finished ones; their files stay."""
        for entry in self._queue.entries():
            if entry.state == "done":
                self.cancel(entry.id)

    def move_first(self, download_id: int) -> None:
        """Work it off before all others that wait."""
        with self._saying("The order could not be changed."):
            self._queue.place_first(self._entry(download_id))
        self._wake.set()

    # -- the work -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work through the queue, where the last process left it. Twice is fine."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="downloads", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop; the next start goes on. Waits a few seconds at most."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                try:
                    self._step()
                except OSError as error:
                    log.warning("the list of downloads cannot be used now: %s", error)
                    self._untold = False  # it waits for the next tick
                self._wake.wait(self._pause_s())
                self._wake.clear()
        finally:
            self._leave()

    def _pause_s(self) -> float:
        if self._untold:
            return max(0.0, self._told_at + self._tell_every_s - time.monotonic())
        return _BUSY_TICK_S if self._crew.ids() or self._elsewhere else _IDLE_TICK_S

    def _step(self) -> None:
        if self._held is None:
            try:
                self._held = self._take_lock()
                self._elsewhere = False
                for entry in self._queue.entries():
                    if entry.state == "done":
                        clean_up(entry)
                if swept := self._queue.sweep():
                    log.info("%d orphans swept from the downloads", swept)
            except BusyError:
                self._elsewhere = True
        if self._held is not None:
            self._act()
        downloads = self.all()
        self._untold = downloads != self._told
        if self._untold and time.monotonic() - self._told_at > self._tell_every_s:
            self._untold, self._told, self._told_at = False, downloads, time.monotonic()
            self._on_change(downloads)

    def _act(self) -> None:
        self._drop_cancelled()
        busy = self._crew.ids()  # before the queue is read: one that ends in between is not begun again
        entries = self._queue.entries()
        for entry in entries:
            if entry.wish.wanted != "run":
                self._crew.stop(entry.id)
        free = max(0, self._parallel() - len(busy))
        for entry in [entry for entry in entries if entry.waits and entry.id not in busy][:free]:
            self._crew.begin(entry)
        if time.monotonic() - self._written_at > 1.0:
            self._written_at = time.monotonic()
            self._crew.write_outcomes()

    def _drop_cancelled(self) -> None:
        for entry in self._queue.entries():
            if entry.wish.wanted == "cancel" and entry.id in self._crew.ids():
                self._crew.stop(entry.id)
            elif entry.wish.wanted == "cancel":
                take_back(entry, self._models)
                self._queue.remove(entry)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _entry(self, download_id: int) -> Entry:
        entry = self._queue.entry(download_id)
        if entry is None or entry.wish.wanted == "cancel":
            raise ModelError("This download is not in the list any more.", "It was removed.", "Add the file again.")
        return entry

    def _go_on(self, entry: Entry) -> None:
        if not (entry.waits or entry.state == "done"):
            self._wish(entry, "run")

    def _wish(self, entry: Entry, wanted: Literal["run", "pause", "cancel"]) -> None:
        with self._saying("The list of downloads could not be changed."):
            self._queue.wish(entry, wanted)
        self._wake.set()

    def _shown(self, entry: Entry) -> Download:
        current = self._crew.outcome(entry.id)
        if current is None:
            current = replace(entry.outcome, state=entry.state)
        elif entry.wish.wanted != "run":  # it is about to stop, and has what it has
            current = replace(current, state=entry.state, note="")
        return self._download(entry, current)

    def _download(self, entry: Entry, outcome: Outcome) -> Download:
        file, told = entry.spec.file, outcome.state in ("paused", "failed", "done")
        moving = outcome.state in ("checking", "downloading", "verifying")
        return Download(
            id=entry.id,
            title=entry.spec.title,
            file=file,
            state=outcome.state,
            done_bytes=outcome.done_bytes,
            total_bytes=outcome.total_bytes or file.size_bytes,
            added_at=entry.spec.added_at,
            target=str(target_paths(self._models, file)[0]),
            bytes_per_s=outcome.bytes_per_s if moving else 0.0,
            seconds_left=outcome.seconds_left if moving else None,
            problem=outcome.problem if told and outcome.serial == entry.wish.serial else "",
            note=outcome.note,
            checked_bytes=outcome.checked_bytes,
            elsewhere=self._elsewhere,
        )

    def _take_lock(self) -> FileLock:
        return FileLock(self._folder / "queue.lock", "The downloads are not transferred here.", "them")

    def _leave(self) -> None:
        self._crew.stop_all(_LEAVE_S)
        if self._held is not None:
            self._drop_cancelled()
            self._held.release()

    @contextlib.contextmanager
    def _saying(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise write_trouble(what, self._folder, error) from error


def _same_content(one: HubFile, other: HubFile) -> bool:
    """Of the same name: most commits change other files."""
    return one.revision == other.revision or (all(one.sha256s) and one.sha256s == other.sha256s)
