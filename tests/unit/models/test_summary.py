from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.preset import NO_PRESET, Preset
from app.models.summary import MAX_LAYERS, read_summary
from tests.helpers import gguf_files


def test_the_starter_chat_model(chat_model: Path) -> None:
    header, summary = read_summary(chat_model)
    assert summary.name == "SmolLM2-135M-Instruct"
    assert summary.kind == "chat"
    assert summary.architecture == "llama"
    assert summary.parameters == 134_515_008
    assert summary.quantization == "Q8_0"
    assert summary.bits_per_weight == pytest.approx(8.506, abs=0.001)
    assert summary.size_bytes == chat_model.stat().st_size
    assert (summary.n_ctx_train, summary.n_layers, summary.n_vocab) == (8192, 30, 49_152)
    assert summary.license == "apache-2.0"
    assert "<|im_start|>" in summary.chat_template
    assert header.weights_bytes < summary.size_bytes


def test_the_starter_embedding_model(embedding_model: Path) -> None:
    _, summary = read_summary(embedding_model)
    assert (summary.name, summary.kind, summary.architecture) == ("all-MiniLM-L6-v2", "embedding", "bert")
    assert (summary.n_ctx_train, summary.n_layers, summary.n_vocab) == (512, 6, 30_522)


def test_without_a_template_it_is_a_base_model(tmp_path: Path) -> None:
    _, summary = read_summary(gguf_files.llama(tmp_path / "m.gguf", tokenizer__chat_template=""))
    assert summary.kind == "base"


def test_a_decoder_that_pools_embeds(tmp_path: Path) -> None:
    _, summary = read_summary(gguf_files.llama(tmp_path / "m.gguf", llama__pooling_type=3))
    assert summary.kind == "embedding"


def test_quantization_is_the_majoritys_when_the_file_names_none(tmp_path: Path) -> None:
    _, summary = read_summary(gguf_files.llama(tmp_path / "m.gguf", kind="Q8_0"))
    assert summary.quantization == "Q8_0"
    _, summary = read_summary(gguf_files.llama(tmp_path / "m.gguf", kind="Q8_0", general__file_type=15))
    assert summary.quantization == "Q4_K_M"


def test_a_file_without_a_name_is_called_by_its_own(tmp_path: Path) -> None:
    _, summary = read_summary(gguf_files.llama(tmp_path / "tiny-chat.gguf", general__name=""))
    assert summary.name == "tiny-chat"


def test_a_name_from_the_file_is_one_printable_line(tmp_path: Path) -> None:
    _, summary = read_summary(
        gguf_files.llama(tmp_path / "m.gguf", general__name="Nice\nmodel\x1b[31m\u202e" + "x" * 500)
    )
    assert summary.name.startswith("Nice model [31m")
    assert len(summary.name) == 120
    assert summary.name.isprintable()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("general__type", "adapter", "LoRA"),
        ("general__type", "imatrix", "importance matrix"),
        ("general__architecture", "clip", "reads images"),
        ("general__architecture", "", "names no network"),
        ("split__count", 3, "found by their names"),
        ("llama__block_count", MAX_LAYERS + 88, "600 layers"),
        ("llama__block_count", 0, "names no network"),
    ],
)
def test_what_is_no_whole_model_is_refused(key: str, value: gguf_files.Scalar, words: str, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf", **{key: value})
    with pytest.raises(ModelError) as caught:
        read_summary(path)
    assert words in caught.value.why


def test_of_a_mixture_of_experts_only_those_asked_are_active(tmp_path: Path) -> None:
    keys = {"general.architecture": "llama", "llama.block_count": 1, "llama.expert_count": 8}
    tensors = {
        "token_embd.weight": ("F16", (64, 100)),
        "blk.0.ffn_gate_exps.weight": ("F16", (64, 32, 8)),
        "blk.0.ffn_up_shexp.weight": ("F16", (64, 32)),
        **{f"blk.0.ffn_down.{expert}.weight": ("F16", (32, 64)) for expert in range(8)},
    }
    _, dense = read_summary(gguf_files.write(tmp_path / "a.gguf", keys, tensors))
    assert dense.active_parameters == dense.parameters == 6400 + 2 * 64 * 32 * 8 + 64 * 32
    _, mixed = read_summary(gguf_files.write(tmp_path / "b.gguf", {**keys, "llama.expert_used_count": 2}, tensors))
    assert mixed.active_parameters == 6400 + 2 * 64 * 32 * 2 + 64 * 32
    assert (mixed.n_experts, mixed.n_experts_used) == (8, 2)


def test_recommended_sampling_is_read_and_nothing_is_invented(chat_model: Path, tmp_path: Path) -> None:
    assert read_summary(chat_model)[1].recommended == NO_PRESET
    path = gguf_files.llama(
        tmp_path / "m.gguf", general__sampling__temp=0.6, general__sampling__top_k=20, general__sampling__top_p=7.0
    )
    assert read_summary(path)[1].recommended == Preset(temperature=0.6, top_k=20), "a share of 7 is not possible"
