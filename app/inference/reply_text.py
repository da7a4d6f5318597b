"""A reply's text as it grows: token bytes in, whole characters out, gathered to frames."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Sequence

FRAME_S = 1 / 60
"""Text is handed on at most this often: a screen shows no more, and a message per token would cost decode speed."""


class ReplyText:
    """Decodes, holds back what may become a stop text, and emits. The emitted pieces together are ``text``."""

    def __init__(
        self,
        emit: Callable[[str], None],
        stops: Sequence[str] = (),
        frame_s: float = FRAME_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._emit = emit
        self._stops = tuple(stops)
        self._frame_s = frame_s
        self._clock = clock
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""
        self._emitted: list[str] = []
        self._next_emit = float("-inf")
        self.stopped = False
        """A stop text came: it and what follows are not part of the reply."""

    @property
    def text(self) -> str:
        """All that was emitted."""
        return "".join(self._emitted)

    def push(self, piece: bytes) -> None:
        """Add one token's bytes."""
        self._waiting += self._decoder.decode(piece)
        if self._stops:
            self._look_for_stop()
        if self._waiting and (now := self._clock()) >= self._next_emit:
            self._next_emit = now + self._frame_s
            self._send(len(self._waiting) - self._held_back())

    def finish(self) -> str:
        """Emit the rest, an incomplete character as U+FFFD; returns the whole text."""
        if not self.stopped:
            self._waiting += self._decoder.decode(b"", final=True)
        self._send(len(self._waiting))
        return self.text

    def _look_for_stop(self) -> None:
        found = [at for stop in self._stops if (at := self._waiting.find(stop)) >= 0]
        if found:
            self._waiting = self._waiting[: min(found)]
            self.stopped = True

    def _held_back(self) -> int:
        if self.stopped or not self._stops:
            return 0
        return max(
            size for stop in self._stops for size in range(len(stop)) if self._waiting.endswith(stop[:size])
        )  # an empty beginning always matches

    def _send(self, size: int) -> None:
        if size > 0:
            text, self._waiting = self._waiting[:size], self._waiting[size:]
            self._emitted.append(text)
            self._emit(text)
