"""Every request since start: the newest ones one by one, all of them in sums per host."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.core.connections import Connection, HostTotal

KEPT = 1000
"""Of the newest connections; older ones stay in the sums."""


class ConnectionLog:
    """Safe from any thread. ``on_change`` is called after each change, on the thread that made it."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._next_id = 1
        self._connections: dict[int, Connection] = {}
        self._totals: dict[str, HostTotal] = {}

    def begin(self, *, host: str, purpose: str, method: str, url: str, sent_bytes: int) -> int:
        """A request is about to be made; gives the id for what follows."""
        with self._lock:
            number = self._next_id
            self._next_id += 1
            self._connections[number] = Connection(
                number, host, purpose, method, url, datetime.now(UTC), sent_bytes=sent_bytes
            )
            if len(self._connections) > KEPT:
                del self._connections[next(iter(self._connections))]
        self._on_change()
        return number

    def sent(self, number: int) -> None:
        """It goes out: from now on it counts."""
        with self._lock:
            connection = self._connections.get(number)
            if connection is not None:
                self._add(connection.host, requests=1, sent_bytes=connection.sent_bytes)

    def received(self, number: int, host: str, size_bytes: int) -> None:
        """More of the body is here."""
        with self._lock:
            self._add(host, received_bytes=size_bytes)
            connection = self._connections.get(number)
            if connection is not None:
                self._connections[number] = replace(connection, received_bytes=connection.received_bytes + size_bytes)
        self._on_change()

    def update(self, number: int, **changes: Any) -> None:
        """Set fields of a connection; one that is no longer kept is left alone."""
        with self._lock:
            connection = self._connections.get(number)
            if connection is not None:
                self._connections[number] = replace(connection, **changes)
        self._on_change()

    def newest_first(self) -> list[Connection]:
        """The connections that are kept."""
        with self._lock:
            return list(reversed(self._connections.values()))

    def totals(self) -> list[HostTotal]:
        """Per host, most bytes first."""
        with self._lock:
            return sorted(self._totals.values(), key=lambda total: (-total.received_bytes, total.host))

    def _add(self, host: str, requests: int = 0, sent_bytes: int = 0, received_bytes: int = 0) -> None:
        before = self._totals.get(host, HostTotal(host, 0, 0, 0))
        self._totals[host] = HostTotal(
            host,
            before.requests + requests,
            before.sent_bytes + sent_bytes,
            before.received_bytes + received_bytes,
        )
