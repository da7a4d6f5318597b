"""The transport that every request passes: refuses while offline, picks the proxy, counts, puts failures in words."""

from __future__ import annotations

import logging
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from app.core.errors import NetworkError, OfflineError, SatchelError
from app.core.network_words import words_for

if TYPE_CHECKING:
    from app.core.network import Network

# It logs whole addresses, signatures included, of every request.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_LIMITS = httpx2.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=30.0)

# How much is read from a socket at once. At the library's 64 KiB a fast download spends a third of its time on taking
# turns with other threads.
httpcore2.HTTP11Connection.READ_NUM_BYTES = 256 * 1024


class Routes:
    """Connection pools, one for each proxy in use and one for none; shared by all clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, httpx2.HTTPTransport] = {}

    def to(self, url: httpx2.URL, proxy: str) -> tuple[httpx2.HTTPTransport, str]:
        """The pool to send through and the proxy behind it (empty: none); ``proxy`` empty: as the system says.

        Errors: :class:`NetworkError` when the proxy's address cannot be used.
        """
        proxy = proxy or _system_proxy(url)
        with self._lock:
            pool = self._pools.get(proxy)
            if pool is None:
                pool = self._pools[proxy] = _pool(proxy)
        return pool, proxy

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()


class Gate(httpx2.BaseTransport):
    """One client's way out. ``purpose``: in words, or what gives them for the request under way."""

    def __init__(self, network: Network, routes: Routes, purpose: str | Callable[[], str]) -> None:
        self._network = network
        self._routes = routes
        self._purpose = purpose

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, or refuse. Errors: :class:`NetworkError`, :class:`OfflineError`."""
        log, host = self._network.log, _host(request.url)
        number = log.begin(
            host=host,
            purpose=self._purpose if isinstance(self._purpose, str) else self._purpose(),
            method=request.method,
            url=shown_url(request.url),
            sent_bytes=int(request.headers.get("content-length", 0)),
        )
        policy = self._network.policy
        if policy.offline:
            refusal = offline_error()
            log.update(number, state="refused", problem=str(refusal))
            raise refusal
        log.sent(number)
        proxy = ""
        try:
            pool, proxy = self._routes.to(request.url, policy.proxy)
            response = pool.handle_request(request)
        except (httpx2.TransportError, NetworkError) as error:
            failure = error if isinstance(error, NetworkError) else words_for(error, host, proxy)
            log.update(number, state="failed", problem=str(failure))
            raise failure from error
        log.update(number, status=response.status_code)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(response.stream, self._network, number, host, proxy),
            extensions=response.extensions,
        )


class _Counted(httpx2.SyncByteStream):
    """A body that is counted while it arrives, and cut when the switch is turned."""

    def __init__(self, body: httpx2.SyncByteStream, network: Network, number: int, host: str, proxy: str) -> None:
        self._body = body
        self._network = network
        self._number = number
        self._host = host
        self._proxy = proxy
        self._failed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._body:
                self._network.log.received(self._number, self._host, len(chunk))
                if self._network.offline:
                    raise offline_error()
                yield chunk
        except httpx2.TransportError as error:
            failure = words_for(error, self._host, self._proxy)
            self._fail(failure)
            raise failure from error
        except OfflineError as error:
            self._fail(error)
            raise

    def close(self) -> None:
        """The body is over, read to its end or not."""
        self._body.close()
        if not self._failed:
            self._network.log.update(self._number, state="done")

    def _fail(self, error: SatchelError) -> None:
        self._failed = True
        self._network.log.update(self._number, state="failed", problem=str(error))


def offline_error() -> OfflineError:
    """What is said instead of a request."""
    return OfflineError(
        "Satchel is offline.",
        "The offline switch is on, so nothing was requested.",
        "Turn it off in Settings, under Network, if this is to be fetched.",
    )


def shown_url(url: httpx2.URL) -> str:
    """A URL without what may be secret in it: its query, its fragment, a name and password."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))


def _host(url: httpx2.URL) -> str:
    return url.host if url.port is None else f"{url.host}:{url.port}"


def _system_proxy(url: httpx2.URL) -> str:
    """As the environment says, or the system's settings on macOS and Windows."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    if not proxy or urllib.request.proxy_bypass(_host(url)):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _pool(proxy: str) -> httpx2.HTTPTransport:
    try:
        return httpx2.HTTPTransport(proxy=proxy or None, limits=_LIMITS)
    except (ValueError, ImportError, httpx2.InvalidURL) as error:
        raise NetworkError(
            "The proxy cannot be used.",
            f"“{_without_password(proxy)}” is not the address of an HTTP proxy.",
            "Write it as http://host:port in Settings, under Network, or leave it empty.",
        ) from error


def _without_password(proxy: str) -> str:
    scheme, mark, rest = proxy.rpartition("://")
    return scheme + mark + rest.rpartition("@")[2]
