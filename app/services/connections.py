"""What Satchel has requested since it started, and the switch that forbids it."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.core.connections import Connection, HostTotal
from app.core.network import Network
from app.services.events import ConnectionsChanged, Publish
from app.storage.settings import SettingsFile

EVERY_S = 0.25
"""Between two events while requests are under way."""


class Connections:
    """The record for people, and the offline switch. Safe from any thread."""

    def __init__(self, network: Network, settings: SettingsFile, publish: Publish) -> None:
        self._network = network
        self._settings = settings
        self._publish = publish
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = False

    @property
    def offline(self) -> bool:
        """Whether nothing may be requested."""
        return self._network.offline

    def set_offline(self, offline: bool) -> None:
        """Turn the switch; what is under way is cut. Errors: :class:`StorageError` when it could not be saved."""
        current = self._settings.current
        try:
            self._settings.save(replace(current, network=replace(current.network, offline=offline)))
        finally:
            self._publish(ConnectionsChanged())

    def list(self) -> tuple[Connection, ...]:
        """The newest requests, newest first."""
        return tuple(self._network.connections())

    def totals(self) -> tuple[HostTotal, ...]:
        """All requests since start per host, most bytes first."""
        return tuple(self._network.totals())

    def changed(self) -> None:
        """Something about a request is another now: tell it soon, together with what follows."""
        with self._lock:
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(EVERY_S, self._tell)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Tell nothing any more, and hang up."""
        with self._lock:
            self._closed = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self._network.close()

    def _tell(self) -> None:
        with self._lock:
            self._timer = None
            if self._closed:
                return
        self._publish(ConnectionsChanged())
