"""The downloads that are being transferred: a thread for each, and what became of it when it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.errors import Cancelled, DiskFull, SatchelError
from app.core.jobs import CancelToken
from app.models.download.part import Means
from app.models.download.queue import Entry, Outcome, Queue
from app.models.download.transfer import Transfer, clean_up

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Member:
    transfer: Transfer
    thread: threading.Thread


class Crew:
    """Transfers entries of a queue. Changed by one thread, read by any.

    ``on_placed`` gets an entry whose files are in place and how it went, and may raise a :class:`SatchelError`, which
    is told beside it. ``on_end`` is called, on any thread, when a transfer has ended.
    """

    def __init__(
        self,
        queue: Queue,
        models: Path,
        means: Means,
        on_placed: Callable[[Entry, Outcome], None],
        on_end: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._models = models
        self._means = means
        self._on_placed = on_placed
        self._on_end = on_end
        self._members: dict[int, _Member] = {}

    def ids(self) -> frozenset[int]:
        """Those that are being transferred."""
        return frozenset(number for number, member in self._members.items() if member.thread.is_alive())

    def outcome(self, download_id: int) -> Outcome | None:
        """How far this one is; None when it is not being transferred."""
        member = self._members.get(download_id)
        return member.transfer.outcome() if member is not None and member.thread.is_alive() else None

    def begin(self, entry: Entry) -> None:
        """Start to transfer it."""
        transfer = Transfer(
            self._means, entry, self._models, CancelToken(), lambda file: self._queue.change_file(entry, file)
        )
        thread = threading.Thread(target=self._work, args=(transfer,), name=f"download {entry.id}", daemon=True)
        self._members[entry.id] = _Member(transfer, thread)
        thread.start()

    def stop(self, download_id: int) -> None:
        """Ask this one to end; what is there stays."""
        member = self._members.get(download_id)
        if member is not None:
            member.transfer.cancel.cancel()

    def stop_all(self, timeout_s: float) -> None:
        """Ask all of them, and wait for so long at most."""
        until = time.monotonic() + timeout_s
        members = list(self._members.values())
        for member in members:
            member.transfer.cancel.cancel()
        for member in members:
            member.thread.join(max(0.0, until - time.monotonic()))

    def write_outcomes(self) -> None:
        """Tell other processes how far they are. Errors: OSError."""
        for member in self._members.values():
            if member.thread.is_alive():
                self._queue.set_outcome(member.transfer.entry, member.transfer.outcome())

    def _work(self, transfer: Transfer) -> None:
        outcome = self._result(transfer)
        try:
            self._queue.set_outcome(transfer.entry, outcome)
            if outcome.state == "done":
                clean_up(transfer.entry)
        except OSError as error:  # it is done again at the next start
            log.warning("what became of a download could not be written: %s", error)
        self._on_end()

    def _result(self, transfer: Transfer) -> Outcome:
        title = transfer.entry.spec.title
        try:
            transfer.run()
            placed = replace(_at_rest(transfer), state="done", note=transfer.outcome().note)
            try:
                self._on_placed(self._queue.entry(transfer.entry.id) or transfer.entry, placed)
            except SatchelError as error:
                return replace(placed, problem=str(error))
            return placed
        except Cancelled:
            return replace(_at_rest(transfer), state="queued")
        except DiskFull as error:
            log.warning("the download of %s waits for room: %s", title, error)
            return replace(_at_rest(transfer), state="paused", problem=str(error))
        except SatchelError as error:
            log.warning("the download of %s stopped: %s", title, error)
            return replace(_at_rest(transfer), state="failed", problem=str(error))
        except Exception:  # a thread's end: the person is told, the log has the rest
            log.exception("the download of %s failed", title)
            problem = f"{title} could not be downloaded. This is a mistake in Satchel; the log has more."
            return replace(_at_rest(transfer), state="failed", problem=problem)


def _at_rest(transfer: Transfer) -> Outcome:
    return replace(transfer.outcome(), bytes_per_s=0.0, seconds_left=None, note="")
