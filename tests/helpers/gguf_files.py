"""GGUF files made for tests: a header of any shape, and as much data as it claims (sparse: it takes no room)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.models.gguf import SkippedArray
from app.models.gguf_reader import read_header


class Signed(int):
    """A number that is stored as i32, not as u32."""


class Short(int):
    """A number that is stored as u16, not as u32."""


Scalar = str | bool | int | float
_TYPES = {bool: 7, int: 4, float: 6, str: 8, Signed: 5, Short: 2}
_TYPE_NUMBERS = {
    "F32": (0, 1, 4),
    "F16": (1, 1, 2),
    "Q4_0": (2, 32, 18),
    "Q8_0": (8, 32, 34),
    "Q4_K": (12, 256, 144),
    "Q5_K": (13, 256, 176),
    "Q6_K": (14, 256, 210),
}
"""Number, weights in a block, bytes of a block."""


def text(value: str | bytes) -> bytes:
    """A string as GGUF stores it."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def entry(key: str, value: Scalar | Sequence[Scalar]) -> bytes:
    """A key with its value: text, bool, u32, f32, or an array of one of them."""
    if isinstance(value, str | bool | int | float):
        return text(key) + struct.pack("<I", _TYPES[type(value)]) + _scalar(value)
    kind = _TYPES[type(value[0])]
    return text(key) + struct.pack("<IIQ", 9, kind, len(value)) + b"".join(map(_scalar, value))


def _scalar(value: Scalar) -> bytes:
    match value:
        case bool():
            return struct.pack("<?", value)
        case str():
            return text(value)
        case Signed():
            return struct.pack("<i", value)
        case Short():
            return struct.pack("<H", value)
        case int():
            return struct.pack("<I", value)
        case float():
            return struct.pack("<f", value)


def header(
    metadata: Mapping[str, Scalar | Sequence[Scalar]], tensors: Mapping[str, tuple[str, Sequence[int]]]
) -> tuple[bytes, int]:
    """The bytes of a header, padded to where data begins, and the length of the data. ``tensors``: type and shape."""
    data = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    data += b"".join(entry(key, value) for key, value in metadata.items())
    offset = 0
    for name, (kind, shape) in tensors.items():
        number, block, block_bytes = _TYPE_NUMBERS[kind]
        data += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, number, offset)
        size = shape[0] // block * block_bytes
        for length in shape[1:]:
            size *= length
        offset += -(-size // 32) * 32
    return data + b"\0" * (-len(data) % 32), offset


def write(
    path: Path,
    metadata: Mapping[str, Scalar | Sequence[Scalar]],
    tensors: Mapping[str, tuple[str, Sequence[int]]],
) -> Path:
    """A file of full length without its weights."""
    start, data_bytes = header(metadata, tensors)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + data_bytes)
    return path


def llama(
    path: Path,
    *,
    n_layers: int = 2,
    n_embd: int = 64,
    n_ff: int = 128,
    n_heads: int = 4,
    n_heads_kv: int = 2,
    n_vocab: int = 64,
    kind: str = "Q4_0",
    spells: bool = False,
    **extra: Scalar | Sequence[Scalar],
) -> Path:
    """A Llama-shaped model that llama.cpp can lay out; one that ``spells`` has a small vocabulary (its ``n_vocab`` is
    then 286) and can be loaded and asked, too. ``extra``: keys, "." as "__".
    """
    vocabulary = _spelling_vocabulary() if spells else {"tokenizer.ggml.model": "no_vocab"}
    n_vocab = 286 if spells else n_vocab
    metadata: dict[str, Scalar | Sequence[Scalar]] = {
        "general.architecture": "llama",
        "general.name": "Test Llama",
        "llama.block_count": n_layers,
        "llama.context_length": 131_072,
        "llama.embedding_length": n_embd,
        "llama.feed_forward_length": n_ff,
        "llama.attention.head_count": n_heads,
        "llama.attention.head_count_kv": n_heads_kv,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.vocab_size": n_vocab,
        "tokenizer.chat_template": "{{ messages[0]['content'] }}",
    }
    metadata |= vocabulary
    metadata |= {key.replace("__", "."): value for key, value in extra.items()}
    n_kv = n_embd // n_heads * n_heads_kv
    tensors: dict[str, tuple[str, Sequence[int]]] = {
        "token_embd.weight": (kind, (n_embd, n_vocab)),
        "output_norm.weight": ("F32", (n_embd,)),
        "output.weight": (kind, (n_embd, n_vocab)),
    }
    for layer in range(n_layers):
        tensors |= {
            f"blk.{layer}.attn_norm.weight": ("F32", (n_embd,)),
            f"blk.{layer}.attn_q.weight": (kind, (n_embd, n_embd)),
            f"blk.{layer}.attn_k.weight": (kind, (n_embd, n_kv)),
            f"blk.{layer}.attn_v.weight": (kind, (n_embd, n_kv)),
            f"blk.{layer}.attn_output.weight": (kind, (n_embd, n_embd)),
            f"blk.{layer}.ffn_norm.weight": ("F32", (n_embd,)),
            f"blk.{layer}.ffn_gate.weight": (kind, (n_embd, n_ff)),
            f"blk.{layer}.ffn_up.weight": (kind, (n_embd, n_ff)),
            f"blk.{layer}.ffn_down.weight": (kind, (n_ff, n_embd)),
        }
    return write(path, metadata, tensors)


def split(model: Path, folder: Path, count: int, name: str = "split") -> list[Path]:
    """The same model in ``count`` files, as llama.cpp's own tool splits it; weights are left out."""
    whole = read_header(model)
    assert not any(isinstance(value, SkippedArray) for value in whole.metadata.values()), "too large a vocabulary"
    paths = [folder / f"{name}-{number:05}-of-{count:05}.gguf" for number in range(1, count + 1)]
    model_keys: dict[str, Any] = dict(whole.metadata)
    if "tokenizer.ggml.token_type" in model_keys:
        model_keys["tokenizer.ggml.token_type"] = [Signed(kind) for kind in model_keys["tokenizer.ggml.token_type"]]
    for number, path in enumerate(paths):
        keys: dict[str, Any] = {
            "split.no": Short(number),
            "split.count": Short(count),
            "split.tensors.count": Signed(len(whole.tensors)),
        }
        tensors = {each.name: (each.type.name, each.shape) for each in whole.tensors[number::count]}
        write(path, {**model_keys, **keys} if number == 0 else keys, tensors)
    return paths


def _spelling_vocabulary() -> dict[str, Scalar | Sequence[Scalar]]:
    """The keys of a vocabulary that spells texts byte by byte."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *map(chr, range(97, 123)), "▁"]
    kinds = [2, 3, 3, *[6] * 256, *[1] * 27]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [-float(place) for place in range(len(tokens))],
        "tokenizer.ggml.token_type": [Signed(kind) for kind in kinds],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


def with_template(model: Path, target: Path, template: bytes) -> Path:
    """A copy of a real model with another chat template, padded with blanks to the length of its own."""
    data = model.read_bytes()
    key = b"tokenizer.chat_template"
    at = data.index(key) + len(key) + 4  # after the key comes its type, then the length of the text
    (size,) = struct.unpack_from("<Q", data, at)
    assert len(template) <= size
    target.write_bytes(data[: at + 8] + template.ljust(size) + data[at + 8 + size :])
    return target
