from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from app.models.gguf_reader import read_header
from app.models.preset import LIMITS, NO_PRESET, Preset, complaint, defaults_of
from app.storage.settings import Settings
from tests.helpers import gguf_files


def test_what_is_chosen_holds_over_what_is_not() -> None:
    general = Preset(system_prompt="General.", temperature=0.7, top_k=40)
    assert Preset(temperature=0.0).over(general) == Preset(system_prompt="General.", temperature=0.0, top_k=40)
    assert Preset(system_prompt="").over(general).system_prompt == "", "none at all is a choice, too"
    assert NO_PRESET.over(general) == general


def test_recommendations_are_those_of_the_header_alone(tmp_path: Path) -> None:
    path = gguf_files.llama(
        tmp_path / "m.gguf",
        general__sampling__temp=0.6,
        general__sampling__top_k=20,
        general__sampling__top_p=0.95,
        general__sampling__min_p=0.0,
        general__sampling__penalty_repeat=1.1,
    )
    assert defaults_of(read_header(path)) == Preset(
        temperature=0.6, top_k=20, top_p=0.95, min_p=0.0, repeat_penalty=1.1
    )
    assert defaults_of(read_header(gguf_files.llama(tmp_path / "n.gguf"))) == NO_PRESET


@pytest.mark.parametrize("value", ["hot", True, -1.0, 99.0, float("nan"), float("inf")])
def test_a_recommendation_that_makes_no_sense_is_ignored(value: gguf_files.Scalar, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf", general__sampling__temp=value)
    assert defaults_of(read_header(path)) == NO_PRESET


def test_numbers_out_of_bounds_are_complained_about() -> None:
    assert complaint(NO_PRESET) == complaint(Preset(temperature=5.0, n_gpu_layers=-1)) == ""
    assert complaint(Preset(n_ctx=10)) == "The context must be from 256 to 1,048,576."
    assert complaint(Preset(top_p=1.5)) == "Top-p must be from 0 to 1."


def test_the_bounds_are_those_of_the_general_settings() -> None:
    settings = Settings()
    rules = {rule.name: rule.metadata for table in (settings.sampling, settings.model) for rule in fields(table)}
    names = {"n_ctx": "context", "n_gpu_layers": "gpu_layers"}
    for name, bounds in LIMITS.items():
        rule = rules[names.get(name, name)]
        assert bounds == (rule["low"], rule["high"]), name
