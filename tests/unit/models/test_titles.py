from __future__ import annotations

from dataclasses import replace

import pytest

from app.models.titles import distinctions, readable
from tests.helpers.fake_libraries import model


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Qwen3-8B", "Qwen3 8B"),
        ("Qwen3-8B-GGUF", "Qwen3 8B"),
        ("Qwen3-8B-Q4_K_M-GGUF", "Qwen3 8B"),
        ("qwen3-8b-q4_k_m", "qwen3 8b"),
        ("SmolLM2-135M-Instruct.Q4_1", "SmolLM2 135M Instruct"),
        ("gpt-oss-20b-MXFP4", "gpt oss 20b"),
        ("DeepSeek R1-0528 8B", "DeepSeek R1-0528 8B"),
        ("bge-m3_gguf", "bge m3"),
        ("Phi-4-bf16", "Phi 4"),
        ("GGUF", "GGUF"),
        ("", ""),
    ],
)
def test_a_name_reads_the_same_wherever_it_is_from(name: str, title: str) -> None:
    assert readable(name) == title


def test_names_that_are_different_need_nothing() -> None:
    assert distinctions([model(1, "/a/a.gguf", name="A"), model(2, "/a/b.gguf", name="B")]) == {}


def test_the_first_thing_that_tells_all_apart_is_taken() -> None:
    same = [model(1, "/a/m.gguf", quantization="Q4_0"), model(2, "/a/n.gguf", quantization="Q8_0")]
    assert distinctions(same) == {1: "Q4_0", 2: "Q8_0"}
    assert distinctions([model(1, "/a/m.gguf"), model(2, "/b/m.gguf")]) == {1: "a", 2: "b"}
    assert distinctions([model(1, "/a/m.gguf"), model(2, "/a/n.gguf")]) == {1: "m.gguf", 2: "n.gguf"}
    mixed = [
        model(1, "/a/m.gguf", quantization="Q4_0"),
        model(2, "/a/m.gguf", quantization="Q8_0"),
        model(3, "/b/m.gguf", quantization="Q4_0"),
    ]
    assert distinctions(mixed) == {1: "Q4_0, a", 2: "Q8_0, a", 3: "Q4_0, b"}


def test_the_owner_and_the_case_of_letters_count() -> None:
    theirs = replace(model(2, "/x/sha256-1", name="tiny"), program="Ollama")
    assert distinctions([model(1, "/a/m.gguf", name="Tiny"), theirs]) == {1: "a", 2: "Ollama"}


def test_names_of_ones_own_can_be_the_same_too() -> None:
    models = [replace(model(number, f"/{number}/m.gguf"), name="Mine") for number in (1, 2)]
    assert distinctions(models) == {1: "1", 2: "2"}
