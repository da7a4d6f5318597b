"""Small models with random weights that llama.cpp really loads and runs: one of each kind of network.

Written with the ``gguf`` package; a few megabytes each. They babble, but they take memory exactly as their large
relatives do: sizes in :mod:`tests.helpers.synthetic_shapes`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import quants

from tests.helpers.synthetic_shapes import SHAPES, VOCABULARY, Key, Shape

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"

_ALWAYS_F32 = ("_norm", "ssm_conv1d", "ssm_a", "ssm_d", "shortconv.conv", "ffn_gate_inp", "lerp", "time_mix_", "bias")
"""What converters never store in fewer bits."""


@dataclass(frozen=True)
class Storage:
    """How a model is written. ``parts``: files that its tensors are spread over. ``vocabulary``: tokens."""

    matrix_type: str = "F16"
    parts: int = 1
    vocabulary: int = VOCABULARY


def write(folder: Path, name: str, storage: Storage = Storage()) -> Path:
    """Write the model ``name`` of :data:`SHAPES`; gives the (first) file."""
    shape = SHAPES[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{storage.matrix_type.lower()}.gguf"
    if storage.parts > 1:
        return _write_parts(folder, path.stem, shape, storage)
    _write_file(path, shape, list(shape.tensors), storage, {})
    return path


def _write_parts(folder: Path, stem: str, shape: Shape, storage: Storage) -> Path:
    names, count = list(shape.tensors), storage.parts
    paths = [folder / f"{stem}-{number + 1:05}-of-{count:05}.gguf" for number in range(count)]
    step = -(-len(names) // count)
    for number, path in enumerate(paths):
        keys = {"split.no": number, "split.count": count, "split.tensors.count": len(names)}
        _write_file(path, shape, names[number * step : (number + 1) * step], storage, keys)
    return paths[0]


def _write_file(path: Path, shape: Shape, names: Sequence[str], storage: Storage, split: dict[str, int]) -> None:
    writer = gguf.GGUFWriter(path, shape.architecture)
    if split.get("split.no", 0) == 0:
        writer.add_name("A synthetic model")  # llama.cpp looks for "phi-3" in it
        add_keys(writer, shape.architecture, shape.keys)
        add_tokenizer(writer, storage.vocabulary)
    for key, value in split.items():
        (writer.add_int32 if key == "split.tensors.count" else writer.add_uint16)(key, value)
    for name in names:
        lengths = shape.tensors[name]
        if name in ("token_embd.weight", "output.weight"):
            lengths = (lengths[0], storage.vocabulary)
        _add_tensor(writer, name, lengths, storage.matrix_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_keys(writer: gguf.GGUFWriter, architecture: str, keys: Mapping[str, Key]) -> None:
    """An architecture's own keys, named without it."""
    for key, value in keys.items():
        _add_key(writer, f"{architecture}.{key}", value)


def _add_key(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    match value:
        case bool():
            writer.add_bool(key, value)
        case int():
            writer.add_uint32(key, value)
        case float():
            writer.add_float32(key, value)
        case str():
            writer.add_string(key, value)
        case _:
            writer.add_array(key, list(value))


def _add_tensor(writer: gguf.GGUFWriter, name: str, shape: Sequence[int], matrix_type: str) -> None:
    # The same weights in every run, whatever else the model has.
    random = np.random.default_rng(zlib.crc32(name.encode()))
    weights = random.standard_normal(tuple(reversed(shape)), dtype=np.float32) * 0.05
    if name.endswith("ssm_a"):
        weights = -np.exp(weights)
    elif "_norm" in name and name.endswith(".weight"):
        weights += 1.0
    if len(shape) < 2 or shape[0] % 32 or any(part in name for part in _ALWAYS_F32):
        writer.add_tensor(name, weights)
        return
    kind = gguf.GGMLQuantizationType[matrix_type]
    writer.add_tensor(name, quants.quantize(weights, kind), raw_dtype=kind)


def add_tokenizer(writer: gguf.GGUFWriter, size: int) -> None:
    """Byte-level pairs as GPT-2 has them: all bytes, some words of them, and filler up to the vocabulary's size; in a
    large one, pairs and triples of bytes."""
    letters = _byte_letters()
    merges = ["t h", "th e", "i n", "e r", "a n", "an d", "Ġ t", "Ġ a", "Ġt he", "o n", "r e", "e s", "Ġ s", "Ġ w"]
    if size > VOCABULARY:
        merges += islice(_more_merges(letters, {*merges}), size - len(letters) - len(merges) - 1)
    tokens = [*letters, *(merge.replace(" ", "") for merge in merges), "<|end|>"]
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - 1) + [gguf.TokenType.CONTROL]
    filler = size - len(tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*tokens, *(f"<unused{number}>" for number in range(filler))])
    writer.add_token_types([*kinds, *[gguf.TokenType.UNUSED] * filler])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_chat_template(TEMPLATE)


def _more_merges(letters: Sequence[str], known: set[str]) -> Iterator[str]:
    for first, second in product(letters, letters):
        if f"{first} {second}" not in known:
            yield f"{first} {second}"
    for first, second, third in product(letters, letters, letters):
        if f"{first}{second}" != "th" or third != "e":
            yield f"{first}{second} {third}"


def _byte_letters() -> list[str]:
    """GPT-2's printable letter for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]
