"""Damaged GGUF headers by the thousand, the same ones in every run."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import ModelError
from app.models.gguf_reader import read_header
from app.models.summary import read_summary
from tests.helpers import gguf_files

_ODD_NUMBERS = (0, 1, 3, 7, 255, 511, 513, 65_535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_ODD_LENGTHS = (0, 1, 2**16, 2**20, 2**31, 2**32, 2**48, 2**63 - 1, 2**63, 2**64 - 1)


def mutants(folder: Path, real_model: Path, count: int, seed: int = 1) -> Iterator[tuple[str, Path]]:
    """A name and a file, ``count`` times; the file is another one each time, of the length it had before.

    One in ten comes from the header of ``real_model`` with its vocabulary, the others from small Llama shapes with the
    keys that llama.cpp reads most of.
    """
    rng = random.Random(seed)
    small = gguf_files.llama(
        folder / "base.gguf",
        spells=True,
        llama__expert_count=0,
        llama__expert_used_count=0,
        llama__rope__dimension_count=16,
        llama__rope__freq_base=10_000.0,
        llama__attention__key_length=16,
        llama__attention__value_length=16,
        general__alignment=32,
        general__file_type=2,
    )
    bases = [(small.read_bytes()[: _header_bytes(small)], small.stat().st_size)]
    real_start = _header_bytes(real_model)
    with real_model.open("rb") as file:
        bases.append((file.read(real_start), real_model.stat().st_size))
    target = folder / "mutant.gguf"
    for number in range(count):
        base, size = bases[number % 10 == 0]
        data = bytearray(base)
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            _damage(data, rng)
        with target.open("wb") as out:
            out.write(data)
            out.truncate(max(size, len(data)))
        yield f"seed {seed}, mutant {number}", target


def passes_our_reader(path: Path) -> bool:
    """Whether llama.cpp would get to see it."""
    try:
        read_summary(path)
    except ModelError:
        return False
    return True


def _header_bytes(path: Path) -> int:
    return read_header(path).data_start


def _damage(data: bytearray, rng: random.Random) -> None:
    # Keys are at the beginning and tensors at the end; a vocabulary between them is most of a real header.
    end = len(data)
    at = rng.choice((rng.randrange(min(end, 2048)), rng.randrange(max(0, end - 16_384), end), rng.randrange(end)))
    match rng.randrange(6):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:
            data[at] = rng.randrange(256)
        case 2:
            _overwrite(data, at, struct.pack("<I", rng.choice(_ODD_NUMBERS)))
        case 3:
            _overwrite(data, at, struct.pack("<Q", rng.choice(_ODD_LENGTHS)))
        case 4:
            del data[at : at + rng.randrange(1, 16)]
        case 5:
            # A number after a key, where most of what llama.cpp believes is.
            marks = [place for place in _values(data) if place < end]
            _overwrite(data, rng.choice(marks) if marks else at, struct.pack("<I", rng.choice(_ODD_NUMBERS)))


def _values(data: bytearray) -> list[int]:
    found, at = [], 0
    while (at := data.find(b"llama.", at, 4096)) >= 0:
        (length,) = struct.unpack_from("<Q", data, at - 8) if at >= 8 else (0,)
        if length < 64:
            found.append(at + length + 4)
        at += 1
    return found


def _overwrite(data: bytearray, at: int, new: bytes) -> None:
    data[at : at + len(new)] = new
