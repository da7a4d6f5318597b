"""Paths as people write them into environment variables and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.places import folders


@pytest.mark.parametrize(
    ("written", "below_home"),
    [("~", "."), ("~/models", "models"), ("models/mine", "models/mine"), ("~other/models", "~other/models")],
)
def test_what_begins_with_a_tilde_or_nowhere_begins_at_home(tmp_path: Path, written: str, below_home: str) -> None:
    there = folders(tmp_path, OLLAMA_MODELS=f" {written} ")
    assert there.expand(written) == there.variable("OLLAMA_MODELS") == there.home / below_home


def test_a_whole_path_stays_what_it_is(tmp_path: Path) -> None:
    assert folders(tmp_path).expand(str(tmp_path / "x")) == tmp_path / "x"
    assert folders(tmp_path).expand(f"{tmp_path}/\0x") == tmp_path / "x", "no path can have a zero in it"


def test_a_variable_that_is_not_set_or_empty_is_none(tmp_path: Path) -> None:
    assert folders(tmp_path).variable("OLLAMA_MODELS") is None
    assert folders(tmp_path, OLLAMA_MODELS="  ").variable("OLLAMA_MODELS") is None
