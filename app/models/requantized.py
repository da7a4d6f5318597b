"""A model at a quantization that does not exist yet: its header, and a file of it without weights to be laid out.

Which type each tensor gets is llama.cpp's decision (:mod:`app.inference.dry_run`).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.core.errors import ModelError
from app.models.ggml_types import FILE_TYPES, TENSOR_TYPES
from app.models.gguf import Header, TensorInfo

_ALIGNMENT = 32
_TYPE_NUMBERS = {kind.name: number for number, kind in TENSOR_TYPES.items()}
_FILE_TYPE, _ALIGNMENT_KEY = "general.file_type", "general.alignment"
_LEFT_OUT = (_FILE_TYPE, _ALIGNMENT_KEY, "split.")
_U32 = 4


def requantized(header: Header, types: Mapping[str, str], file_type: str) -> Header:
    """The header after quantization to ``file_type`` ("Q4_K_M"). ``types``: ggml's name ("Q6_K") of the type of each
    tensor that changes. Errors: :class:`ModelError` for a type that is not known."""
    tensors: list[TensorInfo] = []
    offset = 0
    for tensor in header.tensors:
        number = _TYPE_NUMBERS.get(types.get(tensor.name, tensor.type.name))
        if number is None:
            raise ModelError(f"Satchel does not know the tensor type {types[tensor.name]}.", "", "Choose another one.")
        tensors.append(replace(tensor, type=TENSOR_TYPES[number], offset=offset))
        offset += -(-tensors[-1].size_bytes // _ALIGNMENT) * _ALIGNMENT
    names = {name: number for number, name in FILE_TYPES.items()}
    kept = {key: value for key, value in header.metadata.items() if not key.startswith(_LEFT_OUT)}
    return replace(
        header,
        metadata=kept | {_FILE_TYPE: names[file_type]},
        tensors=tuple(tensors),
        file_bytes=header.data_start + offset,
        parts=1,
    )


def write_without_weights(header: Header, source: Path, target: Path) -> None:
    """Write ``header``, made by :func:`requantized`, to a file of full length that takes hardly any room on the disk.

    ``source``: the (first) file that the original was read from; its keys are copied byte by byte. Errors: OSError.
    """
    spans = [span for key, span in header.spans.items() if not key.startswith(_LEFT_OUT)]
    start = b"GGUF" + struct.pack("<IQQ", 3, len(header.tensors), len(spans) + 1)
    table = b"".join(_row(tensor) for tensor in header.tensors)
    with source.open("rb") as original, target.open("wb") as file:
        file.write(start)
        for first, end in spans:
            original.seek(first)
            file.write(original.read(end - first))
        file_type = header.integer(_FILE_TYPE)
        file.write(_text(_FILE_TYPE) + struct.pack("<II", _U32, file_type) + table)
        data_start = -(-file.tell() // _ALIGNMENT) * _ALIGNMENT
        last = header.tensors[-1]
        file.truncate(data_start + last.offset + -(-last.size_bytes // _ALIGNMENT) * _ALIGNMENT)


def _row(tensor: TensorInfo) -> bytes:
    shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
    return _text(tensor.name) + shape + struct.pack("<IQ", _TYPE_NUMBERS[tensor.type.name], tensor.offset)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data
