"""The hub's own library, behind our gate: every request that ``huggingface_hub`` makes is one of a :func:`call`.

The library has one HTTP client for the whole process. It gets one here that sends nothing by itself: requests go
through the gate of the call under way, and without a call they fail. What the library would do on its own is undone:

- it takes the token of another program (``hf auth login``) and asks the hub about coding agents: switched off by the
  package, before any of its modules can import the library,
- it waits and tries again, for minutes, when the hub says "too many requests": that is an error in words at once,
- it waits for ever for an answer: our timeouts hold,
- it goes on to the next page, wherever that link leads: it does not see the link,
- it takes an answer of any length into memory: a longer one than :data:`MAX_ANSWER_BYTES` is no hub's,
- it may take a token along on a redirect: dropped for every host but the endpoint's own.

Importing this module imports httpx2 and ``huggingface_hub`` (0.1 s).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx2
import huggingface_hub

from app.core.network import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Network
from app.models.hub.access import Access, origin
from app.models.hub.refusals import PASSING, busy, not_a_hub

MAX_ANSWER_BYTES = 32 * 2**20
"""Unpacked. The longest honest ones list the files of a repository: some hundred bytes for each."""


_OF_THE_PACKING = ("content-encoding", "content-length", "transfer-encoding")


@dataclass
class Call:
    """One call under way. ``links``: of the newest answer, by relation."""

    access: Access
    transport: httpx2.BaseTransport
    links: dict[str, str] = field(default_factory=dict)


_CALL: ContextVar[Call] = ContextVar("_CALL")


@contextlib.contextmanager
def call(network: Network, access: Access, purpose: str) -> Iterator[Call]:
    """Within it, the library's requests go through this network. Exhaust its generators before leaving."""
    current = Call(access, network.transport(purpose))
    token = _CALL.set(current)
    try:
        yield current
    finally:
        _CALL.reset(token)


class _Dispatch(httpx2.BaseTransport):
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        current = _CALL.get()
        if origin(str(request.url)) != origin(current.access.endpoint):
            request.headers.pop("authorization", None)
        request.extensions["timeout"] = httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S).as_dict()
        response = current.transport.handle_request(request)
        if response.status_code in PASSING:
            response.close()
            raise busy(response.status_code, response.headers, request.url.host)
        if request.method != "HEAD":
            response = _bounded(response, current.access)
        current.links = {relation: link.get("url", "") for relation, link in response.links.items() if relation}
        response.headers.pop("link", None)
        return response


def _bounded(response: httpx2.Response, access: Access) -> httpx2.Response:
    """The same answer, read and unpacked. Errors: :class:`HubError` when it is too long."""
    body = bytearray()
    with contextlib.closing(response):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise not_a_hub(access.endpoint)
    headers = httpx2.Headers(
        [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_THE_PACKING]
    )
    return httpx2.Response(response.status_code, headers=headers, content=bytes(body), extensions=response.extensions)


huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=_Dispatch(), follow_redirects=True, trust_env=False))
