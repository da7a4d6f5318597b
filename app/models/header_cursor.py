"""A place in a GGUF header's bytes, moved over by reading. Believes no length that the file states."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from app.core.errors import ModelError

MAX_HEADER_BYTES = 128 * 2**20
MAX_STRING_BYTES = 4 * 2**20

_FIRST_READ = 2**20
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")


class Readable(Protocol):
    """What a header is read from, front to back."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; none at the end."""
        ...


ReadAhead = Callable[[int, int], int]
"""How many bytes of the file to have next, given how many there are and how many the header has at least, if it is what
it states."""


def far_ahead(have: int, least: int) -> int:
    """For files on a disk, where reading too much costs nothing."""
    return max(2 * have, _FIRST_READ)


class HeaderCursor:
    """Reads from ``file`` as bytes are needed, never more than ``MAX_HEADER_BYTES``.

    ``name`` and ``size`` (bytes) are the file's. All methods raise :class:`ModelError` where the file ends too early or
    states a length that cannot be.
    """

    def __init__(self, file: Readable, name: str, size: int, ahead: ReadAhead = far_ahead) -> None:
        self.name = name
        self.size = size
        self.at = 0
        self.to_come = 0
        """Bytes that surely follow what is read now: set by whoever knows the format, for reading ahead."""
        self._file = file
        self._ahead = ahead
        self._data = bytearray()

    @property
    def data(self) -> bytes:
        """All bytes read so far, from the file's start."""
        return bytes(self._data)

    def start(self) -> bytes:
        """The first bytes of the file, up to 512. Does not move."""
        self._fill(min(512, self.size))
        return bytes(self._data[:512])

    def number(self, form: struct.Struct) -> int:
        """The next number of this form."""
        end = self.at + form.size
        if end > len(self._data):
            self._fill(end)
        (number,) = form.unpack_from(self._data, self.at)
        self.at = end
        return number  # type: ignore[no-any-return]  # struct cannot say what it unpacks

    def u32(self) -> int:
        """The next 32-bit number."""
        return self.number(_U32)

    def u64(self) -> int:
        """The next 64-bit number."""
        return self.number(_U64)

    def count(self, what: str, limit: int) -> int:
        """The next 64-bit number, which counts ``what`` and may not be above ``limit``."""
        count = self.u64()
        if count > limit:
            raise self.damaged(f"It claims to have {count:,} {what}.")
        return count

    def text(self, limit: int) -> str:
        """The next text, of at most ``limit`` bytes; what is not UTF-8 is replaced."""
        length = self.u64()
        if length > limit:
            raise self.damaged(f"It claims to have a text of {length:,} bytes.")
        start = self.at
        self.skip(length)
        self._fill(self.at)
        return self._data[start : self.at].decode("utf-8", "replace")

    def skip(self, length: int) -> None:
        """Move on by so many bytes."""
        self.at += length
        if self.at > self.size:
            self._fill(self.at)

    def skip_texts(self, count: int) -> None:
        """Move on by so many texts."""
        # The one hot loop: hundreds of thousands of tokens and merges.
        data, at, unpack = self._data, self.at, _U64.unpack_from
        ready = len(data) - _U64.size
        for number in range(count):
            if at > ready:
                self._fill(at + _U64.size, least=at + (count - number) * _U64.size)
                ready = len(data) - _U64.size
            (length,) = unpack(data, at)
            if length > MAX_STRING_BYTES:
                raise self.damaged(f"It claims to have a text of {length:,} bytes.")
            at += _U64.size + length
        self.at = at
        self.skip(0)

    def damaged(self, why: str) -> ModelError:
        """The error for a header that contradicts itself."""
        return ModelError(f"{self.name} is damaged.", why, "Download it again, or choose another file.")

    def _fill(self, wanted: int, least: int = 0) -> None:
        """Have at least ``wanted`` bytes of the file in memory. What is read now ends at ``least`` or later."""
        if wanted <= len(self._data):
            return
        if wanted > self.size:
            raise ModelError(
                f"{self.name} is incomplete.",
                f"It ends in the middle of its header, after {self.size:,} bytes.",
                "Download it again; a download may still be under way.",
            )
        if wanted > MAX_HEADER_BYTES:
            raise self.damaged(f"Its header claims to be longer than {MAX_HEADER_BYTES // 2**20} MiB.")
        ahead = self._ahead(len(self._data), max(wanted, least) + self.to_come)
        target = max(wanted, min(self.size, ahead))
        while len(self._data) < wanted:
            more = self._file.read(target - len(self._data))
            if not more:
                raise ModelError(f"{self.name} changed while it was read.", "It became shorter.", "Try it again.")
            self._data += more
