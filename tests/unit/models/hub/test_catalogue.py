"""The curated list: the shipped one is whole, and a damaged one does no harm."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from app.models.hub.catalogue import SHIPPED, read_catalogue
from app.models.hub.values import Purpose

GOOD = """
[[model]]
repo = "a/Good-GGUF"
title = "Good"
purpose = "code"
billions = 1.5
about = "It is good."
license = "mit"
"""


def test_the_shipped_list_is_whole() -> None:
    catalogue = read_catalogue(SHIPPED)
    assert catalogue.problems == ()
    assert 25 <= len(catalogue.models) <= 50
    assert {model.purpose for model in catalogue.models} == set(get_args(Purpose))
    assert len({model.repo_id for model in catalogue.models}) == len(catalogue.models)
    for model in catalogue.models:
        assert model.about.endswith(".") and len(model.about) < 120
        assert not re.search(r"\b(images?|pictures?|audio|videos?|calling tools)\b", model.about), "only text goes in"
        assert 10**7 < model.parameters < 50 * 10**9
    assert catalogue.purpose("qwen/qwen2.5-coder-7b-instruct-gguf") == "code"
    assert catalogue.purpose("nobody/nothing") is None


def test_a_damaged_entry_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    changes = {
        'repo = "a/Good-GGUF"': 'repo = "../../etc"',
        'title = "Good"': 'title = ""',
        'purpose = "code"': 'purpose = "fun"',
        "billions = 1.5": "billions = true",
        'about = "It is good."': "about = 5",
        'license = "mit"': "",
    }
    path.write_text("".join(GOOD.replace(old, new) for old, new in changes.items()) + GOOD)
    catalogue = read_catalogue(path)
    assert [model.title for model in catalogue.models] == ["Good"]
    for problem, words in zip(
        catalogue.problems,
        (
            "is not named like",
            "has no title",
            "has a purpose that is none of",
            "how many billions",
            "no about",
            "no lic",
        ),
        strict=True,
    ):
        assert words in problem and problem.startswith("catalogue.toml: the model ")


def test_a_file_that_is_no_list_is_left_out_and_said(tmp_path: Path) -> None:
    for content in (b"[[model", b"model = 5", b"\xff\xfe", b"model = [5]"):
        path = tmp_path / "catalogue.toml"
        path.write_bytes(content)
        catalogue = read_catalogue(path)
        assert catalogue.models == () and len(catalogue.problems) == 1
    assert read_catalogue(tmp_path / "missing.toml").problems == ()


def test_the_persons_own_entries_are_added_and_win(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.toml"
    own.write_text(GOOD + GOOD.replace("a/Good-GGUF", "Qwen/Qwen3-0.6B-GGUF"))
    catalogue = read_catalogue(SHIPPED, own)
    assert len(catalogue.models) == len(read_catalogue(SHIPPED).models) + 1
    assert catalogue.purpose("Qwen/Qwen3-0.6B-GGUF") == "code"
