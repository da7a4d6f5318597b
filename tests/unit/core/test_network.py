"""The gate: what is recorded, what is refused, and what a failure says. Against real servers on loopback."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.core.connections import NetworkPolicy
from app.core.errors import NetworkError, OfflineError
from app.core.network import Network
from tests.helpers.hub_server import Behaviour, HangUp, HubServer, Reset, Seen

BLOB = bytes(range(256)) * 1024


class Switch:
    """A policy that a test can turn."""

    def __init__(self) -> None:
        self.policy = NetworkPolicy()

    def __call__(self) -> NetworkPolicy:
        return self.policy


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.add("a/b", {"README.md": b"# Hello", "model.gguf": BLOB})
        yield server


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def network(switch: Switch) -> Iterator[Network]:
    network = Network(switch, lambda: None)
    yield network
    network.close()


def test_every_hop_of_a_redirect_is_recorded_and_no_secret_is(hub: HubServer, network: Network) -> None:
    hub.renamed["a/old"] = "a/b"
    address = f"{hub.url}/a/old/resolve/main/README.md?signature=secret#part".replace("//", "//name:password@", 1)
    with network.client("Read a card", follow_redirects=True) as client:
        assert client.get(address).text == "# Hello"
    newest, first = network.connections()
    host = hub.url.removeprefix("http://")
    assert (first.status, newest.status) == (307, 200)
    assert first.url == f"http://{host}/a/old/resolve/main/README.md"
    assert (newest.host, newest.method, newest.purpose, newest.state) == (host, "GET", "Read a card", "done")
    assert (newest.sent_bytes, newest.received_bytes) == (0, 7)
    assert "secret" not in repr(network.connections()) and "password" not in repr(network.connections())
    (total,) = network.totals()
    assert (total.host, total.requests, total.received_bytes) == (host, 2, 7)


def test_a_body_that_is_sent_is_counted(hub: HubServer, network: Network) -> None:
    with network.client("Send") as client:
        client.post(f"{hub.url}/anything", content=b"12345")
    assert network.connections()[0].sent_bytes == 5
    assert network.totals()[0].sent_bytes == 5


def test_offline_nothing_is_requested_and_the_refusal_is_recorded(
    hub: HubServer, network: Network, switch: Switch
) -> None:
    switch.policy = NetworkPolicy(offline=True)
    with network.client("Read a card") as client, pytest.raises(OfflineError, match="nothing was requested"):
        client.get(f"{hub.url}/a/b/resolve/main/README.md")
    assert hub.requests == []
    assert network.connections()[0].state == "refused"
    assert network.totals() == []


def test_turning_the_switch_cuts_what_is_under_way(hub: HubServer, network: Network, switch: Switch) -> None:
    turned = threading.Event()

    class Waits(Behaviour):
        def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
            yield next(chunks)
            turned.wait(20)
            yield from chunks

    hub.behaviour = Waits()
    with (
        network.client("Download") as client,
        client.stream("GET", f"{hub.url}/a/b/resolve/main/model.gguf") as response,
    ):
        chunks = response.iter_raw()
        assert next(chunks)
        switch.policy = NetworkPolicy(offline=True)
        turned.set()
        with pytest.raises(OfflineError):
            for _ in chunks:
                pass
    assert network.connections()[0].state == "failed"
    assert 0 < network.connections()[0].received_bytes < len(BLOB)


@pytest.mark.parametrize("end", [Reset, HangUp])
def test_a_connection_that_breaks_off_is_said(hub: HubServer, network: Network, end: type[Exception]) -> None:
    class Breaks(Behaviour):
        def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
            yield next(chunks)
            raise end

    hub.behaviour = Breaks()
    with network.client("Download") as client, pytest.raises(NetworkError, match="broke off"):
        client.get(f"{hub.url}/a/b/resolve/main/model.gguf")
    assert network.connections()[0].state == "failed"


def test_why_a_host_cannot_be_reached(hub: HubServer, network: Network, switch: Switch) -> None:
    with network.client("Try") as client:
        for address, why in (
            ("http://nothing.invalid/", "No address is known"),
            (f"http://127.0.0.1:{_free_port()}/", "refuses the connection"),
            (hub.url.replace("http:", "https:"), "not secure"),
            ("ftp://127.0.0.1/", "does not begin with http"),
        ):
            with pytest.raises(NetworkError, match=why):
                client.get(address)
        switch.policy = NetworkPolicy(proxy=f"http://127.0.0.1:{_free_port()}")
        with pytest.raises(NetworkError, match=r"proxy 127\.0\.0\.1 does not answer"):
            client.get("http://nothing.invalid/")
        switch.policy = NetworkPolicy(proxy="nonsense://user:hidden@example.org")
        with pytest.raises(NetworkError, match="proxy cannot be used") as caught:
            client.get("http://nothing.invalid/")
        assert "hidden" not in str(caught.value)
    assert {connection.state for connection in network.connections()} == {"failed"}
    assert sum(connection.failed for connection in network.connections()) == 6


def test_silence_is_said(network: Network) -> None:
    import httpx2

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with (
            network.client("Try", timeout=httpx2.Timeout(0.05)) as client,
            pytest.raises(NetworkError, match="stopped answering"),
        ):
            client.get(address)


def test_the_proxy_of_the_settings_and_of_the_environment_is_used(
    network: Network, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _Proxy() as proxy, network.client("Through a proxy") as client:
        switch.policy = NetworkPolicy(proxy=proxy.url)
        assert client.get("http://hub.example/one").text == "from the proxy"
        switch.policy = NetworkPolicy()
        monkeypatch.setenv("http_proxy", proxy.url)
        assert client.get("http://hub.example/two").text == "from the proxy"
        monkeypatch.setenv("no_proxy", "hub.invalid")
        with pytest.raises(NetworkError, match="No address is known"):
            client.get("http://hub.invalid/three")
        assert proxy.asked == ["http://hub.example/one", "http://hub.example/two"]


def test_addresses_do_not_reach_the_log(hub: HubServer, network: Network, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), network.client("Read") as client:
        client.get(f"{hub.url}/a/b/resolve/main/README.md?signature=secret")
    assert "secret" not in caplog.text


def test_the_ranges_of_one_file_are_one_entry_and_the_next_errand_another(hub: HubServer, network: Network) -> None:
    address = f"{hub.url}/a/b/resolve/main/model.gguf"

    def fetch(client: Any, start: int) -> None:
        client.get(address, headers={"range": f"bytes={start}-{start + 1023}"})

    with network.client("Download Model") as client, ThreadPoolExecutor(4) as lanes:
        list(lanes.map(lambda start: fetch(client, start), range(0, 64 * 1024, 1024)))
        client.get(f"{address}?signature=another", headers={"range": f"bytes={len(BLOB)}-"})
        client.get(f"{hub.url}/a/b/resolve/main/README.md")
    with network.client("Download Model") as client:
        fetch(client, 0)
    again, other, ranges = network.connections()
    assert (ranges.url, ranges.requests, ranges.received_bytes) == (address, 65, 64 * 1024)
    assert ranges.answers == ((206, 64), (416, 1))
    assert (ranges.state, ranges.open, ranges.failed, ranges.status) == ("done", 0, 0, 416)
    assert ranges.started_at <= ranges.last_at <= again.started_at
    assert (other.requests, other.received_bytes) == (1, 7)
    assert (again.url, again.requests) == (address, 1)
    (total,) = network.totals()
    assert (total.requests, total.received_bytes) == (67, 65 * 1024 + 7)


def test_an_entry_is_under_way_as_long_as_one_of_its_requests_is(hub: HubServer, network: Network) -> None:
    address = f"{hub.url}/a/b/resolve/main/model.gguf"
    with network.client("Download") as client:
        with client.stream("GET", address):
            client.get(address)
            (entry,) = network.connections()
            assert (entry.state, entry.open, entry.requests) == ("open", 1, 2)
        (entry,) = network.connections()
        assert (entry.state, entry.open) == ("done", 0)


def test_the_list_is_bounded_and_the_sums_are_not(hub: HubServer, network: Network) -> None:
    with (
        network.client("Read") as client,
        client.stream("GET", f"{hub.url}/a/b/resolve/main/model.gguf") as response,
    ):
        for number in range(1100):
            client.get(f"{hub.url}/a/b/resolve/main/README.md/{number}")
        assert len(network.connections()) == 1000
        assert network.connections()[0].id == 1101
        assert network.connections()[-1].id == 102
        assert len(response.read()) == len(BLOB)  # what goes on although its entry is gone still counts
    (total,) = network.totals()
    assert total.requests == 1101
    assert total.received_bytes == hub.sent_bytes()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class _Proxy:
    """An HTTP proxy that answers itself."""

    def __enter__(self) -> _Proxy:
        asked = self.asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"from the proxy")

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
