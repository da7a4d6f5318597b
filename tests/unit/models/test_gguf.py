from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import ModelError
from app.models import gguf_reader as ours
from app.models.ggml_types import FILE_TYPES, TENSOR_TYPES
from app.models.gguf import SkippedArray
from app.models.gguf_reader import read_header
from app.models.summary import read_summary
from app.models.verdict import verdict
from tests.helpers import gguf_files


def _small(path: Path, **extra: gguf_files.Scalar) -> Path:
    return gguf_files.llama(path / "small.gguf", **extra)


def _refusal(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_header(path)
    assert caught.value.what.endswith(".")
    assert caught.value.why.endswith(".")
    assert caught.value.next_step.endswith(".")
    return caught.value


def test_tables_are_those_of_the_gguf_package() -> None:
    sizes = {int(kind): (kind.name, *size) for kind, size in gguf.constants.GGML_QUANT_SIZES.items()}
    assert {
        number: (kind.name, kind.block_elements, kind.block_bytes) for number, kind in TENSOR_TYPES.items()
    } == sizes
    named = {int(kind): kind.name.removeprefix("MOSTLY_").removeprefix("ALL_") for kind in gguf.LlamaFileType}
    del named[int(gguf.LlamaFileType.GUESSED)]
    assert named == FILE_TYPES


@pytest.mark.parametrize("model", ["chat_model", "embedding_model"])
def test_reads_real_models_as_the_gguf_package_does(model: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(model)
    reference = gguf.GGUFReader(path)
    header = read_header(path)
    assert header.data_start == reference.data_offset
    assert [(tensor.name, tensor.shape, tensor.type.name, tensor.size_bytes) for tensor in header.tensors] == [
        (tensor.name, tuple(int(n) for n in tensor.shape), tensor.tensor_type.name, tensor.n_bytes)
        for tensor in reference.tensors
    ]
    fields = {name: field for name, field in reference.fields.items() if not name.startswith("GGUF.")}
    assert set(header.metadata) == set(fields)
    for key, value in header.metadata.items():
        expected = fields[key].contents()
        if isinstance(value, SkippedArray):
            assert value.length == len(expected)
        else:
            assert value == (tuple(expected) if isinstance(expected, list) else expected)


def test_long_arrays_are_walked_over_and_short_ones_kept(tmp_path: Path) -> None:
    tokens = [f"token {number}" for number in range(ours.MAX_KEPT_ELEMENTS + 1)]
    path = gguf_files.write(
        tmp_path / "m.gguf",
        {"tokens": tokens, "scores": [0.5] * len(tokens), "short": [1, 2, 3], "names": ["a", "ü"], "after": "here"},
        {"t": ("F32", (8,))},
    )
    header = read_header(path)
    assert header.metadata["tokens"] == header.metadata["scores"] == SkippedArray(len(tokens))
    assert header.metadata["short"] == (1, 2, 3)
    assert header.metadata["names"] == ("a", "ü")
    assert header.text("after") == "here"
    assert header.length("tokens") == len(tokens)
    assert header.length("short") == 3


def test_many_arrays_are_not_all_kept(tmp_path: Path) -> None:
    arrays = {f"k{number}": [1] * 4000 for number in range(100)}
    header = read_header(gguf_files.write(tmp_path / "m.gguf", arrays, {"t": ("F32", (8,))}))
    kept = [value for value in header.metadata.values() if isinstance(value, tuple)]
    assert sum(map(len, kept)) == ours.MAX_KEPT_IN_ALL
    assert all(header.length(key) == 4000 for key in arrays)


def test_values_of_another_type_give_the_default(tmp_path: Path) -> None:
    path = gguf_files.write(
        tmp_path / "m.gguf",
        {"general.architecture": "x", "x.n": "many", "x.flag": True, "x.list": [4, 5], "name": 3},
        {"t": ("F32", (8,))},
    )
    header = read_header(path)
    assert header.integer("{arch}.n", 7) == 7
    assert header.integer("{arch}.flag", 7) == 7
    assert header.text("name", "none") == "none"
    assert header.per_layer("{arch}.list", 2) == (4, 5)
    assert header.per_layer("{arch}.list", 3, 9) == (9, 9, 9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0" * 4096, "zeros"),
        (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"<HTML>Sign in</HTML>", "web page"),
        (b"PK\x03\x04" + b"x" * 100, "zip archive"),
        (struct.pack("<Q", 40) + b'{"weight":{"dtype":"F32"}}', "safetensors"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git"),
        (b"tjgg" + b"\0" * 60, "before GGUF"),
        (b'{"error":"Repository not found"}', "text file"),
        (b"FUGG" + b"\0" * 60, "big-endian"),
        (b"MZ\x90\0" + b"\1" * 60, "does not begin as"),
        (b"GG", "does not begin as"),
    ],
)
def test_says_what_it_is_instead(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert words in _refusal(path).why


@pytest.mark.parametrize(
    ("version", "words"), [(1, "version 1 of"), (99, "version 99 of"), (0, "version 0"), (3 << 24, "big-endian")]
)
def test_other_versions_are_named(version: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 1, 1) + b"\0" * 100)
    assert words in _refusal(path).why


def _with(counts: tuple[int, int], rest: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, *counts) + rest


def _array(kind: int, length: int) -> bytes:
    return gguf_files.text("k") + struct.pack("<IIQ", 9, kind, length)


def _tensor(dimensions: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    shape = struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
    return gguf_files.text("t") + shape + struct.pack("<IQ", kind, offset)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_with((2**62, 0), b""), "4,611,686,018,427,387,904 tensors"),
        (_with((0, 2**40), b""), "1,099,511,627,776 keys"),
        (_with((0, 1), struct.pack("<Q", 2**63)), "a text of 9,223,372,036,854,775,808 bytes"),
        (_with((0, 1), gguf_files.text("k") + struct.pack("<IQ", 8, 2**31)), "a text of"),
        (_with((0, 1), _array(8, 2**33)), "8,589,934,592 strings"),
        (_with((0, 1), _array(4, 2**60)), "array elements"),
        (_with((0, 1), _array(9, 1)), "arrays within arrays"),
        (_with((0, 1), gguf_files.text("k") + struct.pack("<I", 77)), "unknown type 77"),
        (_with((0, 2), gguf_files.entry("k", 1) * 2), "there twice"),
        (_with((2, 0), _tensor((8,)) * 2), "there twice"),
        (_with((1, 0), gguf_files.text("t") + struct.pack("<I", 2**31)), "2,147,483,648 dimensions"),
        (_with((1, 0), _tensor((8, 0))), "impossible shape"),
        (_with((1, 0), _tensor((33,), kind=2)), "impossible shape"),
        (_with((1, 0), _tensor((2**40, 2**40))), "impossible shape"),
        (_with((1, 0), _tensor((8,), offset=2**63)), "far outside"),
        (_with((1, 0), _tensor((8,), kind=99)), "type 99"),
        (_with((1, 1), gguf_files.entry("general.alignment", 3) + _tensor((8,))), "alignment"),
    ],
)
def test_absurd_claims_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content + b"\0" * 64)
    assert words in _refusal(path).why


def test_a_truncated_file_says_how_much_is_there(tmp_path: Path) -> None:
    path = _small(tmp_path)
    full = path.stat().st_size
    os.truncate(path, full - 1000)
    assert _refusal(path).why == f"{full - 1000:,} of {full:,} bytes are there."


def test_every_truncation_of_a_header_is_told(tmp_path: Path) -> None:
    content = _small(tmp_path).read_bytes()
    end = read_header(tmp_path / "small.gguf").data_start
    path = tmp_path / "cut.gguf"
    for length in range(4, end, 7):
        path.write_bytes(content[:length])
        assert "incomplete" in _refusal(path).what


def test_a_file_with_more_than_its_tensors_is_fine(tmp_path: Path) -> None:
    path = _small(tmp_path)
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
    assert read_header(path).tensors


def test_folders_missing_files_and_fifos_do_not_hang(tmp_path: Path) -> None:
    assert "a folder" in _refusal(tmp_path).why
    assert "There is no file" in _refusal(tmp_path / "gone.gguf").why
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")
        assert "not a regular file" in _refusal(tmp_path / "pipe.gguf").why


def test_hostile_names_do_not_reach_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    name = "\x1b[2J" + "a" * 500
    path.write_bytes(_with((1, 0), gguf_files.text(name) + struct.pack("<I", 0)) + b"\0" * 64)
    why = _refusal(path).why
    assert "\x1b" not in why
    assert len(why) < 150


def _refused(path: Path, content: bytes) -> bool:
    """Go all the way that the window goes with a file; anything but an answer or a ModelError fails the test."""
    path.write_bytes(content)
    try:
        header, _ = read_summary(path)
        verdict(header, 4096, "q8_0", available_bytes=2**30)
    except ModelError:
        return True
    return False


# 20 ms for each of them on average: what is slow here hangs on some header.
@pytest.mark.timeout(60)
def test_mutated_headers_are_answered(tmp_path: Path) -> None:
    """Flipped, overwritten, removed and repeated bytes: a verdict or a ModelError, never anything else."""
    original = _small(tmp_path).read_bytes()
    end = read_header(tmp_path / "small.gguf").data_start
    path = tmp_path / "mutated.gguf"
    rng = random.Random(20261124)
    refused = 0
    for _ in range(3000):
        content = bytearray(original)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(end)
            match rng.randrange(4):
                case 0:
                    content[at] ^= 1 << rng.randrange(8)
                case 1:
                    content[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)))
                case 2:
                    del content[at : at + rng.randint(1, 64)]
                case 3:
                    content[at:at] = content[at : at + rng.randint(1, 64)]
        refused += _refused(path, bytes(content))
    assert refused > 1000  # most mutations hit something that matters


@settings(max_examples=300, deadline=None)
@given(rest=st.binary(max_size=300), counts=st.tuples(st.integers(0, 5), st.integers(0, 5)))
def test_random_bytes_after_the_magic_are_answered(
    rest: bytes, counts: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _refused(tmp_path_factory.getbasetemp() / "random.gguf", _with(counts, rest))
