from __future__ import annotations

from pathlib import Path

import pytest

from app.models.gguf_reader import read_header
from app.models.sizing import HOST, DeviceParts, Layout
from app.models.speed import REACHED, overhead_s, read_share, tokens_per_s
from tests.helpers import gguf_files


def test_a_tied_token_table_is_read_as_the_output_layer(chat_model: Path) -> None:
    assert read_share(read_header(chat_model)) == 1.0


def test_of_a_token_table_of_its_own_one_row_is_read(tmp_path: Path) -> None:
    tensors = {"token_embd.weight": ("F16", (64, 1000)), "output.weight": ("F16", (64, 3000))}
    header = read_header(gguf_files.write(tmp_path / "a.gguf", {"general.architecture": "llama"}, tensors))
    assert read_share(header) == pytest.approx(0.75)


def test_of_experts_only_those_in_use_are_read(tmp_path: Path) -> None:
    metadata = {"general.architecture": "llama", "llama.expert_count": 8, "llama.expert_used_count": 2}
    tensors = {"blk.0.ffn_up_exps.weight": ("F16", (64, 64, 8)), "blk.0.attn_q.weight": ("F16", (64, 512))}
    header = read_header(gguf_files.write(tmp_path / "a.gguf", metadata, tensors))
    assert read_share(header) == pytest.approx((0.25 + 1) / 2)


def test_no_tensors_are_no_division_by_zero(tmp_path: Path) -> None:
    assert read_share(read_header(gguf_files.write(tmp_path / "a.gguf", {"general.architecture": "llama"}, {}))) == 1.0


def test_devices_work_one_after_the_other_and_the_context_is_half_full() -> None:
    layout = Layout((DeviceParts(HOST, 1000, 200, 50), DeviceParts("CUDA0", 4000, 0, 50)), 70)
    speeds = {HOST: 100.0 / REACHED, "CUDA0": 1000.0 / REACHED}
    assert tokens_per_s(layout, 1.0, speeds) == pytest.approx(1 / (11 + 4))
    assert tokens_per_s(layout, 0.5, speeds) == pytest.approx(1 / (6 + 2))
    assert tokens_per_s(layout, 1.0, speeds, filled=0.0) == pytest.approx(1 / (10 + 4))
    assert tokens_per_s(layout, 1.0, {HOST: 100.0}) is None
    assert tokens_per_s(Layout.on_host(0, 0, 10, 10), 1.0, speeds) is None


def test_what_a_token_costs_besides_is_felt_by_small_models_only(chat_model: Path) -> None:
    overhead = overhead_s(read_header(chat_model))
    assert 0.0005 < overhead < 0.002
    small, large = Layout.on_host(100_000_000, 0, 0, 0), Layout.on_host(8_000_000_000, 0, 0, 0)
    for layout, lost in ((small, 0.2), (large, 0.01)):
        bare = tokens_per_s(layout, 1.0, {HOST: 50e9})
        found = tokens_per_s(layout, 1.0, {HOST: 50e9}, overhead=overhead)
        assert bare is not None
        assert found is not None
        assert found < bare
        assert (1 - found / bare > 0.1) is (lost > 0.1)
