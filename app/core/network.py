"""The one gate for all requests: what goes out is recorded here, and nothing goes out while the switch is off.

Everything that speaks HTTP gets its client from :class:`Network`; the hub's own library does too
(:mod:`app.models.hub.session`). The gate is a transport, below redirects, so that each hop passes it. httpx2 is
imported with the first client: the window starts without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.core.connection_log import ConnectionLog
from app.core.connections import Connection, HostTotal, NetworkPolicy

if TYPE_CHECKING:
    import httpx2

    from app.core.gate import Routes

CONNECT_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 30.0
"""Without a single byte arriving."""


class Network:
    """Makes HTTP clients and keeps the record of what they did. Safe from any thread.

    ``policy`` is asked before each request and while a body arrives; ``on_change`` is called whenever the record is
    another, on any thread and often.
    """

    def __init__(self, policy: Callable[[], NetworkPolicy], on_change: Callable[[], None]) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._routes: Routes | None = None
        self.log = ConnectionLog(on_change)

    @property
    def policy(self) -> NetworkPolicy:
        """The rules now."""
        return self._policy()

    @property
    def offline(self) -> bool:
        """Whether the person has switched all requests off."""
        return self._policy().offline

    def client(self, purpose: str, **options: Any) -> httpx2.Client:
        """A client for one purpose, in words for the list of connections ("Search for models").

        ``options`` are httpx2's; redirects are not followed unless asked for. Whatever fails below HTTP is raised as
        :class:`NetworkError` in words (:class:`OfflineError` while offline), while a body is read, too. Close it after
        use; connections are kept open for the next one.
        """
        import httpx2

        defaults: dict[str, Any] = {
            "timeout": httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            "trust_env": False,  # the routes ask the environment for proxies; nothing else in it is wanted
        }
        return httpx2.Client(transport=self.transport(purpose), **(defaults | options))

    def transport(self, purpose: str) -> httpx2.BaseTransport:
        """What a client of :meth:`client` sends through, for a client that somebody else makes."""
        from app.core.gate import Gate, Routes

        with self._lock:
            if self._routes is None:
                self._routes = Routes()
        return Gate(self, self._routes, purpose)

    def connections(self) -> list[Connection]:
        """What was requested since start, by address, the newest first; of very many only the newest."""
        return self.log.newest_first()

    def totals(self) -> list[HostTotal]:
        """All requests since start, summed up per host."""
        return self.log.totals()

    def close(self) -> None:
        """Hang up. Clients that are still in use fail."""
        with self._lock:
            routes, self._routes = self._routes, None
        if routes is not None:
            routes.close()
