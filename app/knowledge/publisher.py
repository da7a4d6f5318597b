"""Telling the parent how the collections are whenever that changes, without telling it all the time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.core.child import Channel
from app.core.errors import SatchelError
from app.knowledge import protocol as p

log = logging.getLogger(__name__)

_INTERVAL_S = 0.2


class Publisher:
    """At most five times a second, and never for more than a tenth of the time."""

    def __init__(self, read: Callable[[], p.Collections], channel: Channel[p.Reply]) -> None:
        self._read, self._channel = read, channel
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Tell from now on."""
        self._thread.start()

    def changed(self) -> None:
        """Something may be different now. Returns at once."""
        self._changed.set()

    def close(self) -> None:
        """Tell no more."""
        self._closing.set()
        self._changed.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        last: p.Collections | None = None
        while not self._closing.is_set():
            self._changed.wait()
            self._changed.clear()
            if self._closing.is_set():
                return
            started = time.monotonic()
            try:
                now = self._read()
            except SatchelError:
                log.warning("the state of the collections could not be read", exc_info=True)
                continue
            if now != last:
                self._channel.event(now)
                last = now
            self._closing.wait(max(_INTERVAL_S, 10 * (time.monotonic() - started)))
