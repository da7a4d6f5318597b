from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from app.core.errors import ModelError
from app.models.gguf_reader import read_header
from app.models.lora import mismatch, read_adapter
from tests.helpers import gguf_files
from tests.helpers.lora import write_lora


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return gguf_files.llama(tmp_path / "base.gguf", n_embd=64, n_ff=128)


def reason(path: Path, base: Path) -> str:
    return mismatch(read_adapter(path)[0], read_header(base))


def test_what_an_adapter_says_of_itself(base: Path, tmp_path: Path) -> None:
    path = write_lora(tmp_path / "a.gguf", base, ("blk.0.attn_q.weight", "blk.1.ffn_up.weight"), rank=8, alpha=16)
    _, summary = read_adapter(path)
    assert (summary.name, summary.architecture) == ("Test adapter", "llama")
    assert (summary.rank, summary.alpha, summary.n_tensors) == (8, 16.0, 2)
    assert summary.size_bytes == path.stat().st_size
    assert reason(path, base) == ""


def test_other_architectures_tensors_and_shapes_do_not_belong(base: Path, tmp_path: Path) -> None:
    path = write_lora(tmp_path / "a.gguf", base, architecture="qwen2")
    assert reason(path, base) == "It was made for models of the architecture qwen2; this one is llama."
    deeper = gguf_files.llama(tmp_path / "deeper.gguf", n_layers=9)
    path = write_lora(tmp_path / "b.gguf", deeper, ("blk.8.attn_q.weight",))
    assert reason(path, base) == "It changes the tensor blk.8.attn_q.weight, which this model does not have."
    wider = gguf_files.llama(tmp_path / "wider.gguf", n_ff=256)
    path = write_lora(tmp_path / "c.gguf", wider, ("blk.0.ffn_up.weight",))
    assert (
        reason(path, base) == "Its tensor blk.0.ffn_up.weight is made for 64 × 256 weights; this model's has 64 × 128."
    )


def _raw(path: Path, tensors: dict[str, tuple[int, ...]], **keys: gguf_files.Scalar) -> Path:
    metadata: dict[str, gguf_files.Scalar] = {"general.type": "adapter", "general.architecture": "llama"}
    metadata |= {"adapter.type": "lora"} | {key.replace("__", "."): value for key, value in keys.items()}
    return gguf_files.write(path, metadata, {name: ("F32", shape) for name, shape in tensors.items()})


def test_the_embedding_is_stored_the_other_way_round(base: Path, tmp_path: Path) -> None:
    tensors = {"token_embd.weight.lora_a": (64, 4), "token_embd.weight.lora_b": (4, 64)}
    path = _raw(tmp_path / "a.gguf", tensors)
    assert reason(path, base) == "", "64 tokens of 64 numbers"


def test_matrices_that_do_not_multiply_do_not_belong(base: Path, tmp_path: Path) -> None:
    tensors = {"blk.0.attn_q.weight.lora_a": (64, 4), "blk.0.attn_q.weight.lora_b": (8, 64)}
    assert "do not fit each other" in reason(_raw(tmp_path / "a.gguf", tensors), base)
    tensors = {"blk.0.attn_q.weight.lora_a": (64,), "blk.0.attn_q.weight.lora_b": (64,)}
    assert "do not fit each other" in reason(_raw(tmp_path / "b.gguf", tensors), base)
    tensors = {"blk.0.attn_q.weight.lora_a": (64,), "blk.0.attn_q.weight.lora_b": (8, 64)}
    assert "do not fit each other" in reason(_raw(tmp_path / "c.gguf", tensors), base)


@pytest.mark.parametrize(
    ("keys", "tensors", "words"),
    [
        ({"adapter__type": "control"}, {"x.lora_a": (8, 2), "x.lora_b": (2, 8)}, "only LoRA is known"),
        ({}, {"x.lora_a": (8, 2)}, "only one half of its pair"),
        ({}, {"x.weight": (8, 2)}, "It has no tensors"),
        ({"general__type": "model"}, {"x": (8, 2)}, "It is a whole model"),
    ],
)
def test_what_is_no_lora_is_refused(
    keys: dict[str, str], tensors: dict[str, tuple[int, ...]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError) as caught:
        read_adapter(_raw(tmp_path / "a.gguf", tensors, **keys))
    assert words in caught.value.why


def test_an_activated_lora_is_refused_in_words(base: Path, tmp_path: Path) -> None:
    path = write_lora(tmp_path / "a.gguf", base, invocation_tokens=[1, 2, 3])
    with pytest.raises(ModelError, match="activated LoRA"):
        read_adapter(path)


def test_damaged_adapters_get_an_answer_each(base: Path, tmp_path: Path) -> None:
    whole = write_lora(tmp_path / "a.gguf", base).read_bytes()
    header = read_header(base)
    random = Random(1)
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(random.choice((1, 2, 8))):
            data[random.randrange(500)] = random.randrange(256)
        path = tmp_path / "mutant.gguf"
        path.write_bytes(data)
        try:
            assert isinstance(mismatch(read_adapter(path)[0], header), str)
        except ModelError as error:
            assert error.what and error.why and error.next_step
            refused += 1
    assert refused > 250
