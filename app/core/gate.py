"""The transport that every request passes: refuses while offline, picks the proxy, counts, puts failures in words."""

from __future__ import annotations

import logging
import threading
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from app.core.connection_log import Request
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
    """One client's way out; what it asks of one address is one entry of the record. ``purpose``: in words."""

    def __init__(self, network: Network, routes: Routes, purpose: str) -> None:
        self._network = network
        self._routes = routes
        self._purpose = purpose
        self._errand = object()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, or refuse. Errors: :class:`NetworkError`, :class:`OfflineError`."""
        host = _host(request.url)
        record = self._network.log.begin(
            self._errand,
            host=host,
            purpose=self._purpose,
            method=request.method,
            url=shown_url(request.url),
        )
        policy = self._network.policy
        if policy.offline:
            refusal = offline_error()
            record.refused(str(refusal))
            raise refusal
        record.sent(int(request.headers.get("content-length", 0)))
        proxy = ""
        try:
            pool, proxy = self._routes.to(request.url, policy.proxy)
            response = pool.handle_request(request)
        except (httpx2.TransportError, NetworkError) as error:
            failure = error if isinstance(error, NetworkError) else words_for(error, host, proxy)
            record.failed(str(failure))
            raise failure from error
        except BaseException:
            record.failed("It could not be made.")
            raise
        record.answered(response.status_code)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(response.stream, self._network, record, host, proxy),
            extensions=response.extensions,
        )


class _Counted(httpx2.SyncByteStream):
    """A body that is counted while it arrives, and cut when the switch is turned."""

    def __init__(self, body: httpx2.SyncByteStream, network: Network, record: Request, host: str, proxy: str) -> None:
        self._body = body
        self._network = network
        self._record = record
        self._host = host
        self._proxy = proxy
        self._over = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._body:
                self._record.received(len(chunk))
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
        if not self._over:
            self._over = True
            self._record.done()

    def _fail(self, error: SatchelError) -> None:
        if not self._over:
            self._over = True
            self._record.failed(str(error))


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
            reason="proxy",
        ) from error


def _without_password(proxy: str) -> str:
    scheme, mark, rest = proxy.rpartition("://")
    return scheme + mark + rest.rpartition("@")[2]
