from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.split import common_name, missing_part, part_names, part_paths, read_joined
from app.models.summary import read_summary
from tests.helpers import gguf_files


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return gguf_files.llama(tmp_path / "whole.gguf", n_layers=3)


def test_parts_are_told_by_their_names() -> None:
    names = ("m.Q4_K_M-00001-of-00002.gguf", "m.Q4_K_M-00002-of-00002.gguf")
    assert part_names(names[0]) == part_names(names[1]) == names
    assert common_name(names[1]) == "m.Q4_K_M"
    for other in ("m.gguf", "m-00001-of-00001.gguf", "m-00003-of-00002.gguf", "m-00000-of-00002.gguf", "m-1-of-2.gguf"):
        assert part_names(other) == ()
    assert part_names("m-00001-of-99999.gguf") == (), "nobody's model has so many"
    assert common_name("m.gguf") == "m"


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_all_parts_are_one_model_whichever_is_asked(asked: int, whole: Path, tmp_path: Path) -> None:
    parts = gguf_files.split(whole, tmp_path, 3)
    header, summary = read_summary(parts[asked])
    one_header, one = read_summary(whole)
    size = sum(part.stat().st_size for part in parts)
    assert summary == replace(one, n_parts=3, size_bytes=size)
    assert header.weights_bytes == one_header.weights_bytes
    assert part_paths(parts[asked]) == tuple(parts)


def test_a_missing_part_is_named(whole: Path, tmp_path: Path) -> None:
    parts = gguf_files.split(whole, tmp_path, 3)
    assert missing_part(parts[0]) == ""
    parts[1].unlink()
    assert missing_part(parts[0]) == "split-00002-of-00003.gguf"
    with pytest.raises(ModelError) as caught:
        read_summary(parts[0])
    assert caught.value.what == "split-00002-of-00003.gguf is missing."
    assert caught.value.why == "It is part 2 of 3 of this model."


def test_a_cut_part_is_said(whole: Path, tmp_path: Path) -> None:
    parts = gguf_files.split(whole, tmp_path, 2)
    with parts[1].open("rb+") as file:
        file.truncate(parts[1].stat().st_size - 100)
    with pytest.raises(ModelError, match=r"split-00002-of-00002\.gguf is incomplete"):
        read_summary(parts[0])


def test_a_part_of_another_model_is_refused(whole: Path, tmp_path: Path) -> None:
    parts = gguf_files.split(whole, tmp_path, 2)
    parts[1].write_bytes(parts[0].read_bytes())
    with pytest.raises(ModelError, match=r"split-00002-of-00002\.gguf does not belong to the other parts"):
        read_summary(parts[0])


def test_tensors_that_no_part_has_are_missed(whole: Path, tmp_path: Path) -> None:
    parts = gguf_files.split(whole, tmp_path, 2)
    larger = gguf_files.llama(tmp_path / "larger.gguf", n_layers=9)
    parts[0].write_bytes(gguf_files.split(larger, tmp_path, 2, "larger")[0].read_bytes())
    with pytest.raises(ModelError, match="its other parts are incomplete") as caught:
        read_summary(parts[0])
    assert "tensors" in caught.value.why


def test_renamed_parts_are_refused_with_the_reason(whole: Path, tmp_path: Path) -> None:
    part = gguf_files.split(whole, tmp_path, 2)[0].rename(tmp_path / "first.gguf")
    with pytest.raises(ModelError) as caught:
        read_summary(part)
    assert "found by their names" in caught.value.why


def test_a_header_that_claims_thousands_of_parts_is_refused(tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m-00001-of-00002.gguf", split__count=4_000_000_000)
    with pytest.raises(ModelError, match="one of 4,000,000,000 parts"):
        read_joined(path)


def test_a_name_alone_makes_no_part(tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m-00001-of-00002.gguf")
    assert read_joined(path).parts == 1
