"""Behaviours of a bad hub for :class:`tests.helpers.hub_server.HubServer`: each of them is seen in the wild.

They concern the bodies of large files, and count what they did in ``done``; ``times`` is how often they do it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator

from tests.helpers.hub_server import Answer, Behaviour, HangUp, Reset, Seen


class Bad(Behaviour):
    """Misbehaves the first ``times`` times that a large file's bytes are asked for."""

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.done = 0
        self._lock = threading.Lock()

    def again(self, seen: Seen) -> bool:
        """Whether to do it once more, to this request."""
        with self._lock:
            if seen.server != "cdn" or seen.status >= 300:
                return False
            if self.done >= self.times:
                return False
            self.done += 1
            return True


class Answers(Bad):
    """Gives this answer instead of bytes: 429, 503, a login page, a range that is none."""

    def __init__(self, answer: Answer, times: int = 1) -> None:
        super().__init__(times)
        self._answer = answer

    def answer(self, seen: Seen) -> Answer | None:
        """See :class:`Behaviour`."""
        return self._answer if self.again(seen) else None


class BreaksOff(Bad):
    """Ends bodies after a random part of them, by a reset or in order."""

    def __init__(self, times: int, seed: int, error: type[Exception] = Reset) -> None:
        super().__init__(times)
        self._random = random.Random(seed)
        self._error = error

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        if not self.again(seen):
            yield from chunks
            return
        for chunk in chunks:
            if self._random.random() < 0.2:
                yield chunk[: self._random.randrange(len(chunk))]
                raise self._error
            yield chunk
        raise self._error


class Corrupts(Bad):
    """Flips one bit of the file, each time that it is sent from its beginning."""

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        bad = start == 0 and self.again(seen)
        for chunk in chunks:
            yield bytes([chunk[0] ^ 1]) + chunk[1:] if bad else chunk
            bad = False


class Stalls(Bad):
    """Sends a part of a body and then nothing more, until ``let_go`` is set."""

    def __init__(self, after_bytes: int, times: int = 1) -> None:
        super().__init__(times)
        self._after = after_bytes
        self.stalled = threading.Event()
        self.let_go = threading.Event()

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        if not self.again(seen):
            yield from chunks
            return
        sent = 0
        for chunk in chunks:
            if sent >= self._after:
                self.stalled.set()
                self.let_go.wait(60)
                raise HangUp
            yield chunk
            sent += len(chunk)


class Drips(Bad):
    """Sends a byte at a time, several a second."""

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        if not self.again(seen):
            yield from chunks
            return
        never = threading.Event()
        for chunk in chunks:
            for at in range(len(chunk)):
                yield chunk[at : at + 1]
                never.wait(0.15)


class Calls(Bad):
    """Calls something whenever so many chunks of bodies were sent: a new commit, URLs that expire, a kill."""

    def __init__(self, call: Callable[[], None], after_chunks: int = 8, times: int = 1) -> None:
        super().__init__(times)
        self._call = call
        self._after = after_chunks
        self._chunks = 0

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        for chunk in chunks:
            if seen.server == "cdn" and self._due() and self.again(seen):
                self._call()
            yield chunk

    def _due(self) -> bool:
        with self._lock:
            self._chunks += 1
            due = self._chunks > self._after
            if due:
                self._chunks = 0
            return due
