"""A hub on loopback, and the client of a person without a token who uses it as a mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.hub.access import Access
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from tests.helpers.hub_server import HubServer


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as hub:
        yield hub


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network(NetworkPolicy, lambda: None)
    yield network
    network.close()


@pytest.fixture
def hub_for(server: HubServer, network: Network, tmp_path: Path) -> Callable[[str], Hub]:
    """A client with this token (empty: none)."""
    return lambda token: Hub(network, lambda: Access(server.url, token), HeaderCache(tmp_path / "headers"))


@pytest.fixture
def hub(hub_for: Callable[[str], Hub]) -> Hub:
    return hub_for("")
