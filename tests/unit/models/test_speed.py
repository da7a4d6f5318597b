from __future__ import annotations

from pathlib import Path

import pytest

from app.hardware.bandwidth import ReadSpeed
from app.models.gguf_reader import read_header
from app.models.sizing import HOST, DeviceParts, Layout
from app.models.speed import REACHED, Speeds, TokenCost, token_cost, tokens_per_s
from tests.helpers import gguf_files

GPU = "CUDA0"


def speeds(host: float, gpu: float = 0.0) -> Speeds:
    return Speeds((ReadSpeed(1, host / REACHED),), {GPU: gpu / REACHED})


def read_of(path: Path, host: int, gpu: int = 0) -> tuple[float, float]:
    """Of so many bytes of weights, those that are read for a token."""
    parts = (DeviceParts(HOST, host), DeviceParts(GPU, gpu))
    read = token_cost(read_header(path)).read_bytes(Layout(parts, 0))
    return read[HOST], read[GPU]


def test_a_tied_token_table_is_read_as_the_output_layer(chat_model: Path) -> None:
    assert read_of(chat_model, 1000) == (pytest.approx(1000), 0)


def test_of_a_token_table_of_its_own_one_row_is_read(tmp_path: Path) -> None:
    tensors = {"token_embd.weight": ("F16", (64, 1000)), "output.weight": ("F16", (64, 3000))}
    path = gguf_files.write(tmp_path / "a.gguf", {"general.architecture": "llama"}, tensors)
    assert read_of(path, 4000) == (pytest.approx(3000), 0)


def test_beside_a_gpu_the_table_in_main_memory_is_not_read(tmp_path: Path) -> None:
    tensors = {"token_embd.weight": ("F16", (64, 1000)), "blk.0.attn_q.weight": ("F16", (64, 3000))}
    tied = gguf_files.write(tmp_path / "tied.gguf", {"general.architecture": "llama"}, tensors)
    assert read_of(tied, 1000, 4000) == (pytest.approx(0), pytest.approx(4000)), "its copy on the GPU is"
    own = {"token_embd.weight": ("F16", (64, 1000)), "output.weight": ("F16", (64, 3000))}
    untied = gguf_files.write(tmp_path / "own.gguf", {"general.architecture": "llama"}, own)
    assert read_of(untied, 1000, 3000) == (pytest.approx(0), pytest.approx(3000))


def test_of_experts_only_those_in_use_are_read(tmp_path: Path) -> None:
    metadata = {"general.architecture": "llama", "llama.expert_count": 8, "llama.expert_used_count": 2}
    tensors = {"blk.0.ffn_up_exps.weight": ("F16", (64, 64, 8)), "blk.0.attn_q.weight": ("F16", (64, 512))}
    path = gguf_files.write(tmp_path / "a.gguf", metadata, tensors)
    assert read_of(path, 2000) == (pytest.approx(2000 * (0.25 + 1) / 2), 0)


def test_no_tensors_are_no_division_by_zero(tmp_path: Path) -> None:
    path = gguf_files.write(tmp_path / "a.gguf", {"general.architecture": "llama"}, {})
    assert read_of(path, 0) == (0, 0)


def test_devices_work_one_after_the_other_and_the_context_is_half_full() -> None:
    layout = Layout((DeviceParts(HOST, 1000, 200, 50), DeviceParts(GPU, 4000, 0, 50)), 70)
    here = speeds(100.0, 1000.0)
    assert tokens_per_s(layout, TokenCost(), here) == pytest.approx(1 / (11 + 4))
    assert tokens_per_s(layout, TokenCost(rest_share=0.5), here) == pytest.approx(1 / (6 + 2))
    assert tokens_per_s(layout, TokenCost(), here, filled=0.0) == pytest.approx(1 / (10 + 4))
    assert tokens_per_s(layout, TokenCost(), speeds(100.0)) is None
    assert tokens_per_s(layout, TokenCost(), Speeds(gpus={GPU: 1000.0})) is None
    assert tokens_per_s(Layout.on_host(0, 0, 10, 10), TokenCost(), here) is None
    assert tokens_per_s(Layout((DeviceParts(GPU, 4000),), 0), TokenCost(), here) == pytest.approx(1 / 4)


def test_a_small_model_is_reckoned_with_one_thread_and_a_large_one_with_all() -> None:
    memory = (ReadSpeed(1, 10e9), ReadSpeed(4, 30e9), ReadSpeed(8, 30e9))
    cost = TokenCost(layers=30)
    small, large = Layout.on_host(40_000_000, 0, 0, 0), Layout.on_host(8_000_000_000, 0, 0, 0)
    for layout, likely, other in ((small, 1, 4), (large, 4, 1)):
        found = tokens_per_s(layout, cost, Speeds(memory))
        assert found == tokens_per_s(layout, cost, Speeds(memory), threads=likely)
        slower = tokens_per_s(layout, cost, Speeds(memory), threads=other)
        assert found is not None
        assert slower is not None
        assert slower < found


def test_a_number_of_threads_that_was_not_measured_reads_as_the_next_below() -> None:
    here = Speeds((ReadSpeed(2, 10e9), ReadSpeed(4, 30e9)))
    assert here.by(3) == (ReadSpeed(3, 10e9),)
    assert here.by(16) == (ReadSpeed(16, 30e9),)
    assert here.by(1) == (ReadSpeed(1, 5e9),)
    assert here.by(0) == here.memory
    assert Speeds().by(2) == ()


def test_what_a_token_costs_besides_is_felt_by_small_models_only(chat_model: Path) -> None:
    cost = token_cost(read_header(chat_model))
    assert 0.0005 < cost.fixed_s < 0.002
    small, large = Layout.on_host(100_000_000, 0, 0, 0), Layout.on_host(8_000_000_000, 0, 0, 0)
    for layout, lost in ((small, 0.2), (large, 0.01)):
        bare = tokens_per_s(layout, TokenCost(), speeds(30e9))
        found = tokens_per_s(layout, cost, speeds(30e9))
        assert bare is not None
        assert found is not None
        assert found < bare
        assert (1 - found / bare > 0.1) is (lost > 0.1)
