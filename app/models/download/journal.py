"""Which bytes of a partial file are there: 8 bytes for each range, beside the file that they speak of.

A range is filled from its start on; its entry says how many bytes of it were written, and how many of those the disk
is known to have. What was written before a process is killed is still with the system, so the next process trusts the
first number. After the machine itself went down (another boot), only the second one counts.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psutil

RANGE_BYTES = 8 * 2**20

_ENTRY = struct.Struct("<II")
_MOST_AT_ONCE = 512
"""Systems take at least 1,024."""

Chunk = bytes | memoryview


class Journal:
    """The ranges of one file of ``size`` bytes, of which ``there_bytes`` can be at most. Its owner locks."""

    def __init__(self, path: Path, size: int, there_bytes: int, *, same_boot: bool) -> None:
        self._size = size
        count = -(-size // RANGE_BYTES)
        self._file = open_for_writing(path)
        try:
            data = path.read_bytes()
            entries = [_ENTRY.unpack_from(data, at) for at in range(0, len(data) - _ENTRY.size + 1, _ENTRY.size)]
            entries += [(0, 0)] * (count - len(entries))
            written = [entry[0] if same_boot else entry[1] for entry in entries[:count]]
            self.written = [
                max(0, min(each, self.length(index), there_bytes - index * RANGE_BYTES))
                for index, each in enumerate(written)
            ]
            """Bytes from each range's start that are in the file."""
            self._synced = [min(entry[1], here) for entry, here in zip(entries, self.written, strict=False)]
            for index, entry in enumerate(entries[:count]):
                if entry != (self.written[index], self._synced[index]):
                    self._write(index)
        except BaseException:
            self.close()
            raise

    def length(self, index: int) -> int:
        """Of a range: all are equal but the last."""
        return min(RANGE_BYTES, self._size - index * RANGE_BYTES)

    def advance(self, index: int, count: int) -> None:
        """``count`` more bytes of a range are in the file."""
        self.written[index] += count
        self._write(index)

    def mark_synced(self, written: list[int]) -> None:
        """The disk has at least this many bytes of each range."""
        for index, each in enumerate(written):
            if each > self._synced[index]:
                self._synced[index] = each
                self._write(index)

    def fileno(self) -> int:
        """The system's number of the journal's file."""
        return self._file.fileno()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, index: int) -> None:
        self._file.write_at(index * _ENTRY.size, [_ENTRY.pack(self.written[index], self._synced[index])])


class PositionedFile(Protocol):
    """A file that is written at positions."""

    def write_at(self, position: int, chunks: Sequence[Chunk]) -> None:
        """Write all of the chunks, one behind the other."""
        ...

    def fileno(self) -> int:
        """The system's number."""
        ...

    def close(self) -> None:
        """Close it; twice is fine."""
        ...


def open_for_writing(path: Path) -> PositionedFile:
    """Open a file without emptying it; it is made if it is not there."""
    path.touch(mode=0o600)
    return _Positioned(path)


class _Positioned:
    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b", buffering=0)

    def write_at(self, position: int, chunks: Sequence[Chunk]) -> None:
        left = [memoryview(chunk) for chunk in chunks if chunk]
        while left:
            count = self._some(position, left)
            position += count
            while left and count >= len(left[0]):
                count -= len(left.pop(0))
            if count:
                left[0] = left[0][count:]

    if sys.platform == "win32":

        def _some(self, position: int, chunks: list[memoryview]) -> int:
            self._file.seek(position)  # the caller holds a lock
            return self._file.write(chunks[0]) or 0

    else:

        def _some(self, position: int, chunks: list[memoryview]) -> int:
            # Without joining them first: that would cost a fifth of all the time that a fast transfer takes.
            return os.pwritev(self._file.fileno(), chunks[:_MOST_AT_ONCE], position)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def boot_mark() -> str:
    """What is another one after the machine was started anew."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"
