"""Where a body's chunks go: gathered to a size that is worth a write, and into the file."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.models.download.journal import RANGE_BYTES, Chunk
from app.models.download.partial import PartialFile, Piece

_WRITE_BYTES = 2**20
_HOLD_S = 0.5
"""On slow lines less is written at once, so that a kill costs no more than this."""


class PieceSink:
    """Takes the bytes of one piece. ``arrived`` is told how many came. Errors: Closed, OSError."""

    def __init__(self, file: PartialFile, piece: Piece, arrived: Callable[[int], None]) -> None:
        self._file = file
        self._piece = piece
        self._arrived = arrived
        self._held: list[Chunk] = []
        self._held_bytes = 0
        self._written_at = time.monotonic()

    @property
    def at(self) -> int:
        """Position in the file of the next byte to take."""
        return self._piece.at + self._held_bytes

    @property
    def full(self) -> bool:
        """Whether the piece has all its bytes; more are not taken."""
        return self.at == self._piece.end

    def take(self, chunk: Chunk) -> None:
        """The next bytes."""
        chunk = chunk[: self._piece.end - self.at]
        self._held.append(chunk)
        self._held_bytes += len(chunk)
        if self._held_bytes >= _WRITE_BYTES or self.full or time.monotonic() - self._written_at > _HOLD_S:
            self.close()

    def close(self) -> None:
        """Write what is held."""
        held, count = self._held, self._held_bytes
        self._held, self._held_bytes, self._written_at = [], 0, time.monotonic()
        if held:
            self._file.write(self._piece, held)
            self._arrived(count)


class WholeSink:
    """Takes a file from its first byte on, from a server that cannot begin later; what is there is passed over."""

    def __init__(self, file: PartialFile, arrived: Callable[[int], None]) -> None:
        self._file = file
        self._arrived = arrived
        self._at = 0
        self._piece: Piece | None = None
        self._sink: PieceSink | None = None

    @property
    def full(self) -> bool:
        """Whether the file has all its bytes."""
        return self._file.complete

    def take(self, chunk: bytes) -> None:
        """The next bytes."""
        self._arrived(len(chunk))
        view = memoryview(chunk)
        while view:
            if self._sink is None:
                self._piece = self._file.claim(RANGE_BYTES, 0.0)
                if self._piece is None:
                    return
                self._sink = PieceSink(self._file, self._piece, lambda count: None)
            view = self._pass_over(view, self._sink.at)
            before = self._sink.at
            self._sink.take(view)
            used = self._sink.at - before
            view, self._at = view[used:], self._at + used
            if self._sink.full:
                self.close()

    def close(self) -> None:
        """Write what is held."""
        if self._sink is not None and self._piece is not None:
            try:
                self._sink.close()
            finally:
                self._file.release(self._piece)
                self._sink = self._piece = None

    def _pass_over(self, view: memoryview, until: int) -> memoryview:
        known = max(0, min(len(view), until - self._at))
        self._at += known
        return view[known:]
