"""The record of requests in memory, with the real service's methods and events: for the window's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.connections import Connection, HostTotal
from app.services.events import ConnectionsChanged, Publish
from app.storage.settings import SettingsFile

BEGAN = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


def connection(number: int, host: str = "hub.example", **changes: Any) -> Connection:
    """One request that is done, with changes."""
    at = BEGAN + timedelta(seconds=7 * number)
    state, status = changes.get("state", "done"), changes.get("status", 200)
    made = Connection(
        id=number,
        host=host,
        purpose="Search for models",
        method="GET",
        url=f"https://{host}/api/models",
        started_at=at,
        last_at=at,
        requests=0 if state == "refused" else 1,
        open=int(state == "open"),
        failed=int(state == "failed"),
        refused=int(state == "refused"),
        answers=((status, 1),) if status is not None else (),
        status=200,
        sent_bytes=0,
        received_bytes=18_200,
        state="done",
    )
    return replace(made, **changes)


class FakeConnections:
    """``put`` has the requests, the newest first."""

    def __init__(self, publish: Publish, settings: SettingsFile) -> None:
        self._publish, self._settings = publish, settings
        self._all: tuple[Connection, ...] = ()
        self.forgotten = 0
        """Requests to hub.example that are not listed any more."""

    def put(self, connections: Sequence[Connection]) -> None:
        """Have these now."""
        self._all = tuple(connections)
        self._publish(ConnectionsChanged())

    @property
    def offline(self) -> bool:
        return self._settings.current.network.offline

    def set_offline(self, offline: bool) -> None:
        current = self._settings.current
        self._settings.save(replace(current, network=replace(current.network, offline=offline)))
        self._publish(ConnectionsChanged())

    def list(self) -> tuple[Connection, ...]:
        return self._all

    def totals(self) -> tuple[HostTotal, ...]:
        found: dict[str, HostTotal] = {}
        if self.forgotten:
            found["hub.example"] = HostTotal("hub.example", self.forgotten, 0, 0)
        for each in (each for each in self._all if each.requests):
            before = found.get(each.host, HostTotal(each.host, 0, 0, 0))
            found[each.host] = HostTotal(
                each.host,
                before.requests + each.requests,
                before.sent_bytes + each.sent_bytes,
                before.received_bytes + each.received_bytes,
            )
        return tuple(sorted(found.values(), key=lambda total: -total.received_bytes))
