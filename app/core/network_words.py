"""Why a host was not reached, for a person: DNS, refused, too slow, TLS, proxy."""

from __future__ import annotations

import socket
import ssl

import httpx2

from app.core.errors import NetworkError

_PROXY_SETTING = "Check the proxy in Settings, under Network."


def words_for(error: Exception, host: str, proxy: str = "") -> NetworkError:
    """An error of httpx2's in words. ``proxy``: its URL when one was in between, empty otherwise."""
    what = f"{host} cannot be reached."
    again = "Check the connection, then try again."
    causes = tuple(_chain(error))
    if isinstance(error, httpx2.ProxyError):
        return NetworkError(
            what, f"The proxy does not let the request through: {error}.", _PROXY_SETTING, reason="proxy"
        )
    if proxy and isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        name = httpx2.URL(proxy).host
        return NetworkError(what, f"The proxy {name} does not answer.", _PROXY_SETTING, reason="proxy")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NetworkError(what, "No address is known for this name (DNS).", again)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return NetworkError(what, "It refuses the connection.", "Try again later, or check the address.")
    secured = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if secured is not None:
        reason = getattr(secured, "verify_message", "") or secured.reason or str(secured)
        return NetworkError(
            what,
            f"The connection is not secure: {reason}.",
            "Something between here and there reads along, or this computer's clock or certificates are wrong.",
        )
    if isinstance(error, httpx2.ConnectTimeout):
        return NetworkError(what, "It did not answer in time.", again)
    if isinstance(error, httpx2.TimeoutException):
        return NetworkError(f"{host} stopped answering.", "Nothing arrived for a while.", again)
    if isinstance(error, httpx2.UnsupportedProtocol):
        return NetworkError(what, "Its address does not begin with http:// or https://.", "Check the address.")
    if isinstance(error, httpx2.ReadError | httpx2.WriteError | httpx2.RemoteProtocolError):
        return NetworkError(f"The connection to {host} broke off.", "", again)
    return NetworkError(what, f"The system says: {error or type(error).__name__}.", again)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found
