"""Waiting for what happens elsewhere in the program: who looks again does so when there is something to see."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from app.services.compose import Services
from app.services.events import Event


@contextlib.contextmanager
def changes(services: Services, kind: type[Event]) -> Iterator[threading.Event]:
    """What is set whenever an event of this kind is published."""
    changed = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, kind):
            changed.set()

    unsubscribe = services.events.subscribe(listen)
    try:
        yield changed
    finally:
        unsubscribe()
