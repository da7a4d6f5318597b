"""Names as people on the hub give them, and what is made of them."""

from __future__ import annotations

import pytest

from app.models.hub.files import RemoteFile, group, quantization, role


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("Qwen3-0.6B-Q8_0.gguf", "Q8_0"),
        ("qwen2.5-0.5b-instruct-q4_k_m.gguf", "Q4_K_M"),
        ("Llama-3.2-1B-Instruct-IQ3_XXS.gguf", "IQ3_XXS"),
        ("Llama-3.2-1B-Instruct-IQ4_NL.gguf", "IQ4_NL"),
        ("Llama-3.2-1B-Instruct-Q4_0_8_8.gguf", "Q4_0_8_8"),
        ("gemma-3-1b-it-Q6_K.gguf", "Q6_K"),
        ("gemma-3-1b-it-Q6_K_L.gguf", "Q6_K_L"),
        ("gemma-3-1b-it-Q3_K_XL.gguf", "Q3_K_XL"),
        ("gemma-3-1b-it-f16.gguf", "F16"),
        ("qwen2.5-0.5b-instruct-fp16.gguf", "F16"),
        ("gemma-3-1b-it-BF16.gguf", "BF16"),
        ("model-f32.gguf", "F32"),
        ("Qwen3-4B-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("Qwen3-4B-UD-IQ1_S.gguf", "UD-IQ1_S"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("Qwen3-30B-A3B-MXFP4_MOE.gguf", "MXFP4_MOE"),
        ("Falcon3-1B-Instruct-1.58bit-TQ2_0.gguf", "TQ2_0"),
        ("Model.i1-Q4_K_S.gguf", "Q4_K_S"),
        ("tinyllama-1.1b-chat-v1.0.Q5_1.gguf", "Q5_1"),
        ("Q8_0/model-00001-of-00003.gguf", "Q8_0"),
        ("BF16/Qwen3-4B-BF16-00002-of-00002.gguf", "BF16"),
        ("all-MiniLM-L6-v2-ggml-model-f16.gguf", "F16"),
        ("Qwen3-0.6B.gguf", ""),
        ("Q4/model.gguf", ""),
        ("SomeQ4_0thing.gguf", ""),
    ],
)
def test_the_quantization_is_read_from_the_name(path: str, label: str) -> None:
    assert quantization(path) == label


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("mmproj-model-f16.gguf", "projector"),
        ("gemma-3-4b-it-mmproj-BF16.gguf", "projector"),
        ("tone-lora-F16.gguf", "adapter"),
        ("adapter.gguf", "adapter"),
        ("Model.imatrix.gguf", "imatrix"),
        ("imatrix_unsloth.dat", "imatrix"),
        ("Qwen3-0.6B.imatrix", "imatrix"),
        ("Model-imatrix-IQ3_M.gguf", "model"),
        ("ggml-vocab-llama-bpe.gguf", "other"),
        ("Explorator-7B-Q4_0.gguf", "model"),
    ],
)
def test_what_a_file_is_for_is_read_from_the_name(path: str, expected: str) -> None:
    assert role(path) == expected


def test_parts_are_one_file_and_models_come_first_by_size() -> None:
    listed = [
        RemoteFile("README.md", 10),
        RemoteFile("imatrix.dat", 5, "i"),
        RemoteFile("data.dat", 5),
        RemoteFile("mmproj-F16.gguf", 7, "m"),
        RemoteFile("Q8_0/big-Q8_0-00002-of-00003.gguf", 20, "b"),
        RemoteFile("Q8_0/big-Q8_0-00001-of-00003.gguf", 10, "a"),
        RemoteFile("Q8_0/big-Q8_0-00003-of-00003.gguf", 30, "c"),
        RemoteFile("big-Q4_0.gguf", 25, "d"),
        RemoteFile("lost-Q2_K-00001-of-00002.gguf", 1, "e"),
    ]
    files = group("a/b", "f" * 40, listed)
    assert [(file.name, file.role) for file in files] == [
        ("big-Q4_0", "model"),
        ("big-Q8_0", "model"),
        ("mmproj-F16", "projector"),
        ("imatrix.dat", "imatrix"),
        ("lost-Q2_K", "other"),
    ]
    split = files[1]
    assert split.split and not files[0].split
    assert split.paths == tuple(f"Q8_0/big-Q8_0-0000{number}-of-00003.gguf" for number in (1, 2, 3))
    assert (split.sizes, split.sha256s, split.size_bytes) == ((10, 20, 30), ("a", "b", "c"), 60)
    assert split.quantization == "Q8_0"


def test_the_same_name_in_two_folders_is_two_files() -> None:
    files = group("a/b", "f" * 40, [RemoteFile("x/m-Q4_0.gguf", 1), RemoteFile("y/m-Q4_0.gguf", 2)])
    assert [file.paths for file in files] == [("x/m-Q4_0.gguf",), ("y/m-Q4_0.gguf",)]
