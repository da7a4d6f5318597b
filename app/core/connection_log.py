"""Every request since start: by address for the newest ones, and all of them in sums per host."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from app.core.connections import Connection, ConnectionState, HostTotal

KEPT = 1000
"""Addresses that were asked last; older ones stay in the sums."""


class _Row:
    """What becomes a :class:`Connection`. ``ended``: how the last request did."""

    def __init__(self, number: int, host: str, purpose: str, method: str, url: str) -> None:
        self.number = number
        self.host, self.purpose, self.method, self.url = host, purpose, method, url
        self.started_at = self.last_at = datetime.now(UTC)
        self.requests = self.open = self.failed = self.refused = 0
        self.sent_bytes = self.received_bytes = 0
        self.answers = Counter[int]()
        self.status: int | None = None
        self.ended: ConnectionState = "done"
        self.problem = ""

    def shown(self) -> Connection:
        return Connection(
            id=self.number,
            host=self.host,
            purpose=self.purpose,
            method=self.method,
            url=self.url,
            started_at=self.started_at,
            last_at=self.last_at,
            requests=self.requests,
            open=self.open,
            failed=self.failed,
            refused=self.refused,
            answers=tuple(sorted(self.answers.items())),
            status=self.status,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
            state="open" if self.open else self.ended,
            problem=self.problem,
        )


class Request:
    """One request on its way through the log. The sums are right also when its row is not kept any more."""

    def __init__(self, log: ConnectionLog, row: _Row) -> None:
        self._log = log
        self._row = row

    def refused(self, problem: str) -> None:
        """It may not be made."""
        self._log.note(self._row, refused=1, ended="refused", problem=problem)

    def sent(self, size_bytes: int) -> None:
        """It goes out, with a body of this size: from now on it counts."""
        self._log.note(self._row, requests=1, opened=1, sent_bytes=size_bytes)

    def answered(self, status: int) -> None:
        """The server answers so; the body is to come."""
        self._log.note(self._row, status=status)

    def received(self, size_bytes: int) -> None:
        """More of the body is here."""
        self._log.note(self._row, received_bytes=size_bytes)

    def done(self) -> None:
        """The body is over, read to its end or not."""
        self._log.note(self._row, opened=-1, ended="done")

    def failed(self, problem: str) -> None:
        """It came to nothing, or broke off."""
        self._log.note(self._row, opened=-1, failed=1, ended="failed", problem=problem)


class ConnectionLog:
    """Safe from any thread. ``on_change`` is called after each change, on the thread that made it."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rows: dict[tuple[object, str, str, str], _Row] = {}
        """The one that was asked last comes last."""
        self._totals: dict[str, HostTotal] = {}

    def begin(self, errand: object, *, host: str, purpose: str, method: str, url: str) -> Request:
        """A request is about to be made. ``errand``: equal for those that belong together."""
        key = (errand, purpose, method, url)
        with self._lock:
            row = self._rows.pop(key, None) or _Row(next(self._ids), host, purpose, method, url)
            self._rows[key] = row
            if len(self._rows) > KEPT:
                del self._rows[next(iter(self._rows))]
        return Request(self, row)

    def note(
        self,
        row: _Row,
        *,
        requests: int = 0,
        opened: int = 0,
        failed: int = 0,
        refused: int = 0,
        sent_bytes: int = 0,
        received_bytes: int = 0,
        status: int | None = None,
        ended: ConnectionState | None = None,
        problem: str = "",
    ) -> None:
        """Add to a row and to its host's sums. For :class:`Request`."""
        with self._lock:
            row.last_at = datetime.now(UTC)
            row.requests += requests
            row.open += opened
            row.failed += failed
            row.refused += refused
            row.sent_bytes += sent_bytes
            row.received_bytes += received_bytes
            row.problem = problem or row.problem
            row.ended = ended or row.ended
            if status is not None:
                row.status = status
                row.answers[status] += 1
            if requests or sent_bytes or received_bytes:
                before = self._totals.get(row.host, HostTotal(row.host, 0, 0, 0))
                self._totals[row.host] = HostTotal(
                    row.host,
                    before.requests + requests,
                    before.sent_bytes + sent_bytes,
                    before.received_bytes + received_bytes,
                )
        self._on_change()

    def newest_first(self) -> list[Connection]:
        """The addresses that are kept; the one that was asked for the first time last comes first."""
        with self._lock:
            return [row.shown() for row in sorted(self._rows.values(), key=lambda row: -row.number)]

    def totals(self) -> list[HostTotal]:
        """Per host, most bytes first."""
        with self._lock:
            return sorted(self._totals.values(), key=lambda total: (-total.received_bytes, total.host))
