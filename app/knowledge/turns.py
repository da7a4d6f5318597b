"""Whose turn it is at the embedding model: a person's question goes before the passages of an index."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Questions one at a time, passages one at a time, and no passage is begun while a question waits or is computed.

    A question does not wait for the passage under way: that is computed at a low priority, and when other programs keep
    the machine busy it may take a second.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting = 0
        self._question = threading.Lock()
        self._passage = threading.Lock()

    @property
    def questions(self) -> int:
        """How many hold passages up now."""
        return self._waiting

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """No passage is begun while this is held. Any number of threads may hold it."""
        with self._condition:
            self._waiting += 1
        try:
            yield
        finally:
            with self._condition:
                self._waiting -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        """Hold the questions' half of the model."""
        with self.ahead(), self._question:
            yield

    @contextlib.contextmanager
    def passage(self) -> Iterator[None]:
        """Wait until nobody asks, then hold the passages' half of the model."""
        with self._passage:
            with self._condition:
                self._condition.wait_for(lambda: not self._waiting)
            yield
