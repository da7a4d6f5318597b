"""A GGUF header, read by ourselves and without trusting it.

llama.cpp aborts the process on some damaged headers, and the ``gguf`` package believes every count and maps the file
(one that shrinks meanwhile kills the reader). This reads only the header, into memory, within the limits below;
whatever the bytes are, the answer is a :class:`Header` or a :class:`ModelError` in words, and it comes quickly. Long
arrays (vocabularies) are walked over, not kept: a 262,144-token vocabulary costs 0.03 s.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import stat
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeGuard

from app.core.errors import ModelError
from app.models.ggml_types import TENSOR_TYPES, TensorType

MAGIC = b"GGUF"
MAX_HEADER_BYTES = 128 * 2**20
MAX_KEYS = 4_096
MAX_TENSORS = 65_536
MAX_STRING_BYTES = 4 * 2**20
MAX_NAME_BYTES = 65_535
MAX_ARRAY_STRINGS = 4_000_000
"""Over all arrays together; each costs a step of ours."""
MAX_KEPT_ELEMENTS = 4_096
"""Of one array; longer ones are only counted."""
MAX_KEPT_IN_ALL = 100_000
"""Of all arrays together, so that a header made for it cannot fill the memory with Python objects."""
MAX_DIMENSIONS = 4
MAX_ALIGNMENT = 2**16

_FIRST_READ = 2**20
_STRING, _ARRAY, _BOOL = 8, 9, 7
_SCALARS = {
    number: struct.Struct("<" + code)
    for number, code in {
        0: "B",
        1: "b",
        2: "H",
        3: "h",
        4: "I",
        5: "i",
        6: "f",
        7: "?",
        10: "Q",
        11: "q",
        12: "d",
    }.items()
}
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")


@dataclass(frozen=True)
class SkippedArray:
    """An array too long to keep: only its length is known."""

    length: int


Value = int | float | bool | str | tuple[int | float | bool | str, ...] | SkippedArray


@dataclass(frozen=True)
class TensorInfo:
    """One row of the tensor table. ``shape``: llama.cpp's order, the row length first. ``offset``: into the data."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int

    @property
    def elements(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes in the file."""
        return self.type.row_bytes(self.shape[0]) * math.prod(self.shape[1:])


@dataclass(frozen=True)
class Header:
    """What the file says of itself. ``data_start``: where tensor data begins, in bytes."""

    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    data_start: int
    file_bytes: int

    @property
    def architecture(self) -> str:
        """llama.cpp's name for the network's shape; the prefix of most keys."""
        return self.text("general.architecture")

    def text(self, key: str, default: str = "") -> str:
        """A string, or the default when the key is missing or of another type."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else default

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number that counts something; ``{arch}`` in the key stands for the architecture.

        The default when it is missing, negative or of another type.
        """
        value = self.metadata.get(key.replace("{arch}", self.architecture))
        return value if _is_count(value) else default

    def per_layer(self, key: str, layers: int, default: int = 0) -> tuple[int, ...]:
        """One number per layer, from an array of that length or from one number for all."""
        value = self.metadata.get(key.replace("{arch}", self.architecture))
        if isinstance(value, tuple) and len(value) >= layers:
            return tuple(item if _is_count(item) else default for item in value[:layers])
        return (self.integer(key, default),) * layers

    def length(self, key: str) -> int:
        """How many elements an array has; 0 when there is none."""
        value = self.metadata.get(key)
        if isinstance(value, SkippedArray):
            return value.length
        return len(value) if isinstance(value, tuple) else 0

    @property
    def parameters(self) -> int:
        """Weights of all tensors."""
        return sum(tensor.elements for tensor in self.tensors)

    @property
    def weights_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.size_bytes for tensor in self.tensors)

    @property
    def bits_per_weight(self) -> float:
        """Real bits per weight, over all tensors."""
        return 8 * self.weights_bytes / self.parameters if self.parameters else 0.0


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_header(path: Path) -> Header:
    """Read and check a file's header. Errors: :class:`ModelError`, whatever the file is."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # opening a FIFO would wait for ever
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise ModelError(f"{path.name} cannot be read as a model.", f"It is {kind}.", "Choose a .gguf file.")
        with path.open("rb") as file:
            return _HeaderReader(file, path.name, found.st_size).read()
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{path.name} cannot be read.", f"The system says: {why}.", "Check the file.") from error


class _HeaderReader:
    """A cursor over the header's bytes, which are read from the file as they are needed."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self._file = file
        self._name = name
        self._size = size
        self._data = bytearray()
        self._at = 0
        self._strings_left = MAX_ARRAY_STRINGS
        self._kept_left = MAX_KEPT_IN_ALL

    def read(self) -> Header:
        self._check_magic()
        version = self._version()
        n_tensors = self._count("tensors", MAX_TENSORS)
        n_keys = self._count("keys", MAX_KEYS)
        metadata: dict[str, Value] = {}
        for _ in range(n_keys):
            key = self._text(MAX_NAME_BYTES)
            if key in metadata:
                raise self._damaged(f"The key {_shown(key)} is there twice.")
            metadata[key] = self._value(self._u32())
        tensors = self._tensors(n_tensors)
        data_start = self._align(self._at, metadata)
        header = Header(version, metadata, tensors, data_start, self._size)
        self._check_extents(header)
        return header

    # -- the parts --------------------------------------------------------------------------------------------------

    def _check_magic(self) -> None:
        self._fill(min(512, self._size))
        start = bytes(self._data[:512])
        if not start.startswith(MAGIC):
            raise ModelError(
                f"{self._name} is not a GGUF model.", what_it_is(start), "Download the model's .gguf file itself."
            )
        self._at = len(MAGIC)

    def _version(self) -> int:
        version = self._u32()
        if version in (2, 3):
            return version
        if version and version % 2**16 == 0:
            why = "It was written for big-endian machines."
        else:
            why = f"It has version {version} of the format; versions 2 and 3 can be read."
        raise ModelError(f"{self._name} cannot be used.", why, "Download a current file of this model.")

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text(MAX_STRING_BYTES)
        if kind == _ARRAY:
            return self._array()
        return self._scalar(kind)

    def _scalar(self, kind: int) -> int | float | bool:
        number: int | float | bool = self._unpack(self._scalar_format(kind))
        return number

    def _scalar_format(self, kind: int) -> struct.Struct:
        found = _SCALARS.get(kind)
        if found is None:
            raise self._damaged(f"It has a value of the unknown type {kind}.")
        return found

    def _array(self) -> Value:
        kind = self._u32()
        if kind == _ARRAY:
            raise self._damaged("It has arrays within arrays.")
        if kind == _STRING:
            length = self._count("strings", self._strings_left)
            self._strings_left -= length
            if not self._keep(length):
                self._skip_strings(length)
                return SkippedArray(length)
            return tuple(self._text(MAX_STRING_BYTES) for _ in range(length))
        form = self._scalar_format(kind)
        length = self._count("array elements", MAX_HEADER_BYTES // form.size)
        if not self._keep(length):
            self._skip(length * form.size)
            return SkippedArray(length)
        return tuple(self._scalar(kind) for _ in range(length))

    def _keep(self, length: int) -> bool:
        if length > min(MAX_KEPT_ELEMENTS, self._kept_left):
            return False
        self._kept_left -= length
        return True

    def _tensors(self, count: int) -> tuple[TensorInfo, ...]:
        tensors: dict[str, TensorInfo] = {}
        for _ in range(count):
            tensor = self._tensor()
            if tensor.name in tensors:
                raise self._damaged(f"The tensor {_shown(tensor.name)} is there twice.")
            tensors[tensor.name] = tensor
        return tuple(tensors.values())

    def _tensor(self) -> TensorInfo:
        name = self._text(MAX_NAME_BYTES)
        dimensions = self._u32()
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise self._damaged(f"The tensor {_shown(name)} claims {dimensions:,} dimensions.")
        shape = tuple(self._u64() for _ in range(dimensions))
        number = self._u32()
        kind = TENSOR_TYPES.get(number)
        if kind is None:
            raise ModelError(
                f"{self._name} cannot be used.",
                f"Its tensor {_shown(name)} has the type {number}, which Satchel does not know.",
                "Choose another quantization of this model.",
            )
        if not all(shape) or shape[0] % kind.block_elements or math.prod(shape) >= 2**48:
            raise self._damaged(f"The tensor {_shown(name)} claims an impossible shape.")
        return TensorInfo(name, shape, kind, self._u64())

    def _align(self, position: int, metadata: Mapping[str, Value]) -> int:
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 1 <= alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
            raise self._damaged("It claims an impossible alignment.")
        return -(-position // alignment) * alignment

    def _check_extents(self, header: Header) -> None:
        ends = [header.data_start + tensor.offset + tensor.size_bytes for tensor in header.tensors]
        if not ends:
            return
        if max(ends) > header.data_start + 2 * header.weights_bytes + 2**30:
            raise self._damaged("Its tensors claim places far outside of any such file.")
        if max(ends) > self._size:
            raise ModelError(
                f"{self._name} is incomplete.",
                f"{self._size:,} of {max(ends):,} bytes are there.",
                "Download it again; a download may still be under way.",
            )

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def _fill(self, wanted: int) -> None:
        """Have at least ``wanted`` bytes of the file in memory."""
        if wanted <= len(self._data):
            return
        if wanted > self._size:
            raise ModelError(
                f"{self._name} is incomplete.",
                f"It ends in the middle of its header, after {self._size:,} bytes.",
                "Download it again; a download may still be under way.",
            )
        if wanted > MAX_HEADER_BYTES:
            raise self._damaged(f"Its header claims to be longer than {MAX_HEADER_BYTES // 2**20} MiB.")
        target = max(wanted, 2 * len(self._data), _FIRST_READ)
        while len(self._data) < wanted:
            more = self._file.read(target - len(self._data))
            if not more:
                raise ModelError(f"{self._name} changed while it was read.", "It became shorter.", "Try it again.")
            self._data += more

    def _unpack(self, form: struct.Struct) -> int:
        end = self._at + form.size
        if end > len(self._data):
            self._fill(end)
        (number,) = form.unpack_from(self._data, self._at)
        self._at = end
        return number  # type: ignore[no-any-return]  # struct cannot say what it unpacks

    def _u32(self) -> int:
        return self._unpack(_U32)

    def _u64(self) -> int:
        return self._unpack(_U64)

    def _count(self, what: str, limit: int) -> int:
        count = self._u64()
        if count > limit:
            raise self._damaged(f"It claims to have {count:,} {what}.")
        return count

    def _text(self, limit: int) -> str:
        length = self._u64()
        if length > limit:
            raise self._damaged(f"It claims to have a text of {length:,} bytes.")
        start = self._at
        self._skip(length)
        self._fill(self._at)
        return self._data[start : self._at].decode("utf-8", "replace")

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > self._size:
            self._fill(self._at)

    def _skip_strings(self, count: int) -> None:
        # The one hot loop: hundreds of thousands of tokens and merges.
        data, at, unpack = self._data, self._at, _U64.unpack_from
        ready = len(data) - _U64.size
        for _ in range(count):
            if at > ready:
                self._fill(at + _U64.size)
                ready = len(data) - _U64.size
            (length,) = unpack(data, at)
            if length > MAX_STRING_BYTES:
                raise self._damaged(f"It claims to have a text of {length:,} bytes.")
            at += _U64.size + length
        self._at = at
        self._skip(0)

    def _damaged(self, why: str) -> ModelError:
        return ModelError(f"{self._name} is damaged.", why, "Download it again, or choose another file.")


def _shown(name: str) -> str:
    """A name from the file, fit for a sentence."""
    printable = "".join(character if character.isprintable() else "?" for character in name)
    return f"“{printable[:60]}…”" if len(printable) > 60 else f"“{printable}”"


_SIGNATURES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda start: not start, "The file is empty."),
    (lambda start: not any(start), "It begins with nothing but zeros: the download may not have finished."),
    (lambda start: start.startswith(b"FUGG"), "It was written for big-endian machines."),
    (
        lambda start: start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")),
        "It is a web page, perhaps an error or a login page that was saved instead of the model.",
    ),
    (
        lambda start: start.startswith(b"version https://git-lfs"),
        "It is a pointer that git keeps in place of the large file.",
    ),
    (lambda start: start[8:10] == b'{"', "It is in the safetensors format; a GGUF conversion is needed."),
    (lambda start: start.startswith(b"PK"), "It is a zip archive (or a PyTorch checkpoint, which is one)."),
    (lambda start: start.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")), "It is a compressed archive."),
    (
        lambda start: start.startswith((b"lmgg", b"fmgg", b"tjgg", b"algg")),
        "It is in a format that llama.cpp used before GGUF, until 2023.",
    ),
    (lambda start: start.lstrip().startswith((b"{", b"[")), "It is a text file (JSON)."),
)


def what_it_is(start: bytes) -> str:
    """A sentence on what a file is that is no GGUF, by its first bytes."""
    for matches, sentence in _SIGNATURES:
        if matches(start):
            return sentence
    return "It does not begin as a GGUF file does."
