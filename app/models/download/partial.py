"""A file that is on its way: its bytes, the journal of what is there, and who fetches which piece.

What is asked for and not yet in the journal never exceeds :data:`RANGE_BYTES` over all connections, so whatever
happens, no more than that is fetched a second time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.core.files import atomic_write
from app.models.download.journal import RANGE_BYTES, Chunk, Journal, boot_mark, open_for_writing

SMALLEST_PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Identity:
    """What a partial file is a part of. With another one, its bytes are worth nothing.

    ``sha256`` empty: the hub gives none; then ``etag`` tells one content from another. ``revision``: as resolved.
    """

    size: int
    sha256: str
    etag: str
    revision: str

    def same_content(self, other: Identity) -> bool:
        """Whether bytes of the one go with bytes of the other."""
        mine, others = (self.sha256, other.sha256) if self.sha256 or other.sha256 else (self.etag, other.etag)
        return self.size == other.size and mine == others


@dataclass(frozen=True)
class Facts:
    """Kept beside a partial file. ``boot``: of the machine, when bytes were last written.

    ``refused``: how often the whole file was fetched and was wrong. ``verified``: it was right, and is put in place.
    """

    identity: Identity
    boot: str = ""
    refused: int = 0
    verified: bool = False


@dataclass(eq=False)
class Piece:
    """Bytes ``at`` up to ``end`` of the file, being fetched by one connection; ``at`` moves on as they are written."""

    at: int
    end: int


class Closed(Exception):
    """The file was closed while somebody still wanted to write: the download was paused, say."""


class PartFiles:
    """The three files of part ``index`` in an item's folder: the bytes, their journal, the facts."""

    def __init__(self, folder: Path, index: int) -> None:
        self.bytes_file = folder / f"{index}.part"
        self.journal_file = folder / f"{index}.ranges"
        self.facts_file = folder / f"{index}.json"

    def facts(self) -> Facts | None:
        """What was kept; None when nothing usable was."""
        try:
            return msgspec.json.decode(self.facts_file.read_bytes(), type=Facts)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, facts: Facts) -> None:
        """Keep facts, safely on the disk."""
        with atomic_write(self.facts_file) as file:
            file.write(msgspec.json.encode(facts))

    def discard(self) -> None:
        """Delete the bytes and their journal. The journal goes first: without it the bytes count for nothing."""
        self.journal_file.unlink(missing_ok=True)
        self.bytes_file.unlink(missing_ok=True)

    def there_bytes(self) -> int:
        """How much is there, by the journal."""
        facts = self.facts()
        if facts is None or not (self.journal_file.exists() and self.bytes_file.exists()):
            return 0
        there = self.bytes_file.stat().st_size
        journal = Journal(self.journal_file, facts.identity.size, there, same_boot=facts.boot == boot_mark())
        journal.close()
        return sum(journal.written)


class PartialFile:
    """A partial file that is open. Safe from any thread; after :meth:`close`, writing raises :class:`Closed`."""

    def __init__(self, files: PartFiles, size: int, *, same_boot: bool) -> None:
        if not files.bytes_file.exists():
            files.journal_file.unlink(missing_ok=True)
        self._file = open_for_writing(files.bytes_file)
        self.path = files.bytes_file
        self.size = size
        self._changed = threading.Condition()
        self._syncing = False
        try:
            there = files.bytes_file.stat().st_size
            self._journal = Journal(files.journal_file, size, there, same_boot=same_boot)
        except BaseException:
            self._file.close()
            raise
        self._closed = False
        self._pieces: list[Piece] = []
        self._done: int = sum(self._journal.written)
        self._prefix_ranges = 0

    @property
    def done_bytes(self) -> int:
        """How much is there."""
        return self._done

    @property
    def complete(self) -> bool:
        """Whether all is there."""
        return self._done == self.size

    def check_open(self) -> None:
        """Errors: :class:`Closed`."""
        if self._closed:
            raise Closed

    def sleep(self, timeout_s: float) -> None:
        """Wait, though not longer than the file is open. Errors: :class:`Closed`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout_s)
            self.check_open()

    def wait_complete(self, timeout_s: float, most_bytes: int) -> bool:
        """Wait until it is complete; False when it is not by then, or after so many more bytes.

        Errors: :class:`Closed`.
        """
        with self._changed:
            until = self._done + most_bytes
            self._changed.wait_for(lambda: self._closed or self.complete or self._done >= until, timeout_s)
            self.check_open()
            return self.complete

    def prefix_bytes(self, more_than: int, timeout_s: float) -> int:
        """How much is there without a gap from the start; waits until it is more. Errors: :class:`Closed`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self.complete or self._prefix() > more_than, timeout_s)
            self.check_open()
            return self._prefix()

    def claim(self, wanted: int, timeout_s: float) -> Piece | None:
        """The first bytes that are missing and that nobody fetches, at most ``wanted`` and within one range.

        None when there is nothing to claim for so long; as much as may be under way at once may be. Errors:
        :class:`Closed`.
        """
        with self._changed:
            piece = self._next(wanted)
            if piece is None:
                self._changed.wait(timeout_s)
                piece = self._next(wanted)
            self.check_open()
            if piece is not None:
                self._pieces.append(piece)
            return piece

    def release(self, piece: Piece) -> None:
        """Nobody fetches the rest of this piece any more. Twice is fine."""
        with self._changed:
            self._pieces = [other for other in self._pieces if other is not piece]
            self._changed.notify_all()

    def write(self, piece: Piece, chunks: Sequence[Chunk]) -> None:
        """Write the next bytes of a piece. Errors: :class:`Closed`, OSError."""
        count = sum(map(len, chunks))
        with self._changed:
            self.check_open()
            self._file.write_at(piece.at, chunks)
            self._journal.advance(piece.at // RANGE_BYTES, count)
            piece.at += count
            self._done += count
            self._changed.notify_all()

    def sync(self) -> None:
        """Have the disk take what is there; a machine that goes down after this does not lose it.

        One thread at a time. Errors: :class:`Closed`, OSError.
        """
        with self._changed:
            self.check_open()
            self._syncing = True
            written = list(self._journal.written)
        try:
            os.fsync(self._file.fileno())
            with self._changed:
                self.check_open()
                self._journal.mark_synced(written)
            os.fsync(self._journal.fileno())
        finally:
            with self._changed:
                self._syncing = False
                if self._closed:
                    self._close_files()

    def close(self) -> None:
        """No more writing. Does not wait for the disk: a :meth:`sync` under way closes the files when it ends."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if not self._syncing:
                self._close_files()

    def _close_files(self) -> None:
        self._file.close()
        self._journal.close()

    def _prefix(self) -> int:
        written = self._journal.written
        while self._prefix_ranges < len(written) and written[self._prefix_ranges] == RANGE_BYTES:
            self._prefix_ranges += 1
        rest = written[self._prefix_ranges] if self._prefix_ranges < len(written) else 0
        return min(self.size, self._prefix_ranges * RANGE_BYTES + rest)

    def _next(self, wanted: int) -> Piece | None:
        if self._closed or self.complete:
            return None
        under_way = sum(piece.end - piece.at for piece in self._pieces)
        length = min(wanted, RANGE_BYTES - under_way)
        taken = {piece.at // RANGE_BYTES if piece.at < piece.end else -1 for piece in self._pieces}
        for index in range(self._prefix_ranges, len(self._journal.written)):
            missing = self._journal.length(index) - self._journal.written[index]
            if missing and index not in taken:
                if length < min(missing, SMALLEST_PIECE_BYTES):
                    return None
                start = index * RANGE_BYTES + self._journal.written[index]
                return Piece(start, start + min(length, missing))
        return None
