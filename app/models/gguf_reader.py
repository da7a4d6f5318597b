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
from collections.abc import Mapping
from pathlib import Path

from app.core.errors import ModelError
from app.models.ggml_types import TENSOR_TYPES
from app.models.gguf import Header, SkippedArray, TensorInfo, Value
from app.models.header_cursor import MAX_HEADER_BYTES, MAX_STRING_BYTES, HeaderCursor
from app.models.signatures import what_it_is

MAGIC = b"GGUF"
MAX_KEYS = 4_096
MAX_TENSORS = 65_536
MAX_NAME_BYTES = 65_535
MAX_ARRAY_STRINGS = 4_000_000
"""Over all arrays together; each costs a step of ours."""
MAX_KEPT_ELEMENTS = 4_096
"""Of one array; longer ones are only counted."""
MAX_KEPT_IN_ALL = 100_000
"""Of all arrays together, so that a header made for it cannot fill the memory with Python objects."""
MAX_DIMENSIONS = 4
MAX_ALIGNMENT = 2**16

_STRING, _ARRAY = 8, 9
_LEAST_KEY_BYTES = 8 + 1 + 4 + 1
_LEAST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8
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


def read_header(path: Path) -> Header:
    """Read and check a file's header. Errors: :class:`ModelError`, whatever the file is."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # opening a FIFO would wait for ever
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise ModelError(f"{path.name} cannot be read as a model.", f"It is {kind}.", "Choose a .gguf file.")
        with path.open("rb") as file:
            return parse_header(HeaderCursor(file, path.name, found.st_size))
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.name} is not there any more.", f"There is no file {path}.", "Find it, or choose another one."
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{path.name} cannot be read.", f"The system says: {why}.", "Check the file.") from error


def parse_header(cursor: HeaderCursor) -> Header:
    """Read and check a header from its first byte on, wherever it lies. Errors: :class:`ModelError`."""
    header = _HeaderParts(cursor).read()
    _check_extents(header, cursor.name)
    return header


class _HeaderParts:
    """One header in the order of the format: magic, version, counts, keys, tensors."""

    def __init__(self, cursor: HeaderCursor) -> None:
        self._cursor = cursor
        self._strings_left = MAX_ARRAY_STRINGS
        self._kept_left = MAX_KEPT_IN_ALL

    def read(self) -> Header:
        cursor = self._cursor
        self._check_magic()
        version = self._version()
        n_tensors = cursor.count("tensors", MAX_TENSORS)
        n_keys = cursor.count("keys", MAX_KEYS)
        metadata: dict[str, Value] = {}
        spans: dict[str, tuple[int, int]] = {}
        for number in range(n_keys):
            cursor.to_come = (n_keys - number - 1) * _LEAST_KEY_BYTES + n_tensors * _LEAST_TENSOR_BYTES
            start = cursor.at
            key = cursor.text(MAX_NAME_BYTES)
            if key in metadata:
                raise cursor.damaged(f"The key {_shown(key)} is there twice.")
            metadata[key] = self._value(cursor.u32())
            spans[key] = (start, cursor.at)
        tensors = self._tensors(n_tensors)
        data_start = self._align(cursor.at, metadata)
        return Header(version, metadata, tensors, data_start, cursor.size, spans=spans)

    def _check_magic(self) -> None:
        start = self._cursor.start()
        if not start.startswith(MAGIC):
            raise ModelError(
                f"{self._cursor.name} is not a GGUF model.",
                what_it_is(start),
                "Download the model's .gguf file itself.",
            )
        self._cursor.skip(len(MAGIC))

    def _version(self) -> int:
        version = self._cursor.u32()
        if version in (2, 3):
            return version
        if version and version % 2**16 == 0:
            why = "It was written for big-endian machines."
        else:
            why = f"It has version {version} of the format; versions 2 and 3 can be read."
        raise ModelError(f"{self._cursor.name} cannot be used.", why, "Download a current file of this model.")

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._cursor.text(MAX_STRING_BYTES)
        if kind == _ARRAY:
            return self._array()
        return self._scalar(kind)

    def _scalar(self, kind: int) -> int | float | bool:
        number: int | float | bool = self._cursor.number(self._scalar_format(kind))
        return number

    def _scalar_format(self, kind: int) -> struct.Struct:
        found = _SCALARS.get(kind)
        if found is None:
            raise self._cursor.damaged(f"It has a value of the unknown type {kind}.")
        return found

    def _array(self) -> Value:
        cursor = self._cursor
        kind = cursor.u32()
        if kind == _ARRAY:
            raise cursor.damaged("It has arrays within arrays.")
        if kind == _STRING:
            length = cursor.count("strings", self._strings_left)
            self._strings_left -= length
            if not self._keep(length):
                cursor.skip_texts(length)
                return SkippedArray(length)
            return tuple(cursor.text(MAX_STRING_BYTES) for _ in range(length))
        form = self._scalar_format(kind)
        length = cursor.count("array elements", MAX_HEADER_BYTES // form.size)
        if not self._keep(length):
            cursor.skip(length * form.size)
            return SkippedArray(length)
        return tuple(self._scalar(kind) for _ in range(length))

    def _keep(self, length: int) -> bool:
        if length > min(MAX_KEPT_ELEMENTS, self._kept_left):
            return False
        self._kept_left -= length
        return True

    # -- tensors ------------------------------------------------------------------------------------------------------

    def _tensors(self, count: int) -> tuple[TensorInfo, ...]:
        tensors: dict[str, TensorInfo] = {}
        for number in range(count):
            self._cursor.to_come = (count - number - 1) * _LEAST_TENSOR_BYTES
            tensor = self._tensor()
            if tensor.name in tensors:
                raise self._cursor.damaged(f"The tensor {_shown(tensor.name)} is there twice.")
            tensors[tensor.name] = tensor
        return tuple(tensors.values())

    def _tensor(self) -> TensorInfo:
        cursor = self._cursor
        name = cursor.text(MAX_NAME_BYTES)
        dimensions = cursor.u32()
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise cursor.damaged(f"The tensor {_shown(name)} claims {dimensions:,} dimensions.")
        shape = tuple(cursor.u64() for _ in range(dimensions))
        number = cursor.u32()
        kind = TENSOR_TYPES.get(number)
        if kind is None:
            raise ModelError(
                f"{cursor.name} cannot be used.",
                f"Its tensor {_shown(name)} has the type {number}, which Satchel does not know.",
                "Choose another quantization of this model.",
            )
        if not all(shape) or shape[0] % kind.block_elements or math.prod(shape) >= 2**48:
            raise cursor.damaged(f"The tensor {_shown(name)} claims an impossible shape.")
        return TensorInfo(name, shape, kind, cursor.u64())

    def _align(self, position: int, metadata: Mapping[str, Value]) -> int:
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 1 <= alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
            raise self._cursor.damaged("It claims an impossible alignment.")
        return -(-position // alignment) * alignment


def _check_extents(header: Header, name: str) -> None:
    """Refuse a file that is shorter than its tensors."""
    needed = max((header.data_start + tensor.offset + tensor.size_bytes for tensor in header.tensors), default=0)
    if needed > header.data_start + 2 * header.weights_bytes + 2**30:
        raise ModelError(
            f"{name} is damaged.",
            "Its tensors claim places far outside of any such file.",
            "Download it again, or choose another file.",
        )
    if needed > header.file_bytes:
        raise ModelError(
            f"{name} is incomplete.",
            f"{header.file_bytes:,} of {needed:,} bytes are there.",
            "Download it again; a download may still be under way.",
        )


def _shown(name: str) -> str:
    """A name from the file, fit for a sentence."""
    printable = "".join(character if character.isprintable() else "?" for character in name)
    return f"“{printable[:60]}…”" if len(printable) > 60 else f"“{printable}”"
