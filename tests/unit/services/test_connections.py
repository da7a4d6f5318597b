"""The list of connections and the offline switch, as front ends use them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.core.connections import NetworkPolicy
from app.core.errors import OfflineError
from app.core.network import Network
from app.core.paths import Home
from app.services.connections import Connections
from app.services.events import ConnectionsChanged, Event
from app.storage.settings import SettingsFile
from tests.helpers.hub_server import HubServer


class Bench:
    """The service with its network, and the events it published."""

    def __init__(self, home: Home) -> None:
        self.settings = SettingsFile(home.settings_file)
        self.events: list[Event] = []
        self.told = threading.Event()
        self.network = Network(
            lambda: NetworkPolicy(self.settings.current.network.offline), lambda: self.connections.changed()
        )
        self.connections = Connections(self.network, self.settings, self._publish)

    def _publish(self, event: Event) -> None:
        self.events.append(event)
        self.told.set()


@pytest.fixture
def bench(home: Home) -> Iterator[Bench]:
    bench = Bench(home)
    yield bench
    bench.connections.close()


def test_many_changes_are_told_together(bench: Bench) -> None:
    with HubServer() as hub, bench.network.client("Read") as client:
        for _ in range(50):
            client.get(f"{hub.url}/api/models")
        assert bench.told.wait(10)
        assert [connection.requests for connection in bench.connections.list()] == [50]
        assert [total.requests for total in bench.connections.totals()] == [50]
    assert bench.events[0] == ConnectionsChanged()
    assert len(bench.events) < 20  # 200 changes


def test_the_switch_is_kept_and_told_at_once(bench: Bench, home: Home) -> None:
    assert not bench.connections.offline
    bench.connections.set_offline(True)
    assert bench.events == [ConnectionsChanged()]
    assert bench.connections.offline
    assert SettingsFile(home.settings_file).current.network.offline
    with bench.network.client("Read") as client, pytest.raises(OfflineError):
        client.get("http://hub.invalid")
    bench.connections.set_offline(False)
    assert not bench.connections.offline


def test_after_the_end_nothing_is_told(bench: Bench) -> None:
    bench.connections.close()
    bench.connections.changed()
    bench.connections.close()
    assert bench.events == []
