from __future__ import annotations

from pathlib import Path

import pytest

from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.sizing import compute_bytes, estimate, kv_cache_bytes, usable_context
from tests.helpers import gguf_files

MIB = 2**20


def _header(path: Path, **shape: gguf_files.Scalar | list[gguf_files.Scalar]) -> Header:
    return read_header(gguf_files.llama(path / "model.gguf", **shape))  # type: ignore[arg-type]  # shape and keys alike


LLAMA_8B = {"n_layers": 32, "n_embd": 4096, "n_ff": 14336, "n_heads": 32, "n_heads_kv": 8, "n_vocab": 128_256}


def test_llama_8b_at_128k_is_what_llama_cpp_lays_out(tmp_path: Path) -> None:
    header = _header(tmp_path, **LLAMA_8B)
    parts = estimate(header, 131_072)
    assert parts.kv_bytes == 16_384 * MIB
    assert parts.weights_bytes == 4_517_937_152
    assert parts.compute_bytes == pytest.approx(244.01 * MIB, rel=0.001)
    assert parts.total_bytes == sum((parts.weights_bytes, parts.kv_bytes, parts.compute_bytes, parts.other_bytes))


@pytest.mark.parametrize(("kv_type", "expected_mib"), [("f16", 512.0), ("q8_0", 272.0), ("q4_0", 144.0)])
def test_kv_types(kv_type: str, expected_mib: float, tmp_path: Path) -> None:
    assert kv_cache_bytes(_header(tmp_path, **LLAMA_8B), 4096, kv_type) == expected_mib * MIB


def test_context_is_padded_to_256_cells(tmp_path: Path) -> None:
    header = _header(tmp_path, **LLAMA_8B)
    assert kv_cache_bytes(header, 4097) == kv_cache_bytes(header, 4352) > kv_cache_bytes(header, 4096)


def test_key_and_value_lengths_of_their_own(tmp_path: Path) -> None:
    header = _header(tmp_path, n_layers=2, llama__attention__key_length=128, llama__attention__value_length=64)
    assert kv_cache_bytes(header, 256) == 2 * 256 * 2 * (2 * 128 + 2 * 64)


def test_kv_heads_by_layer_and_state_of_layers_without(tmp_path: Path) -> None:
    """A mixed network: layer 1 is recurrent and keeps a state of fixed size."""
    keys = {"llama__attention__head_count_kv": [2, 0], "llama__ssm__conv_kernel": 4, "llama__ssm__inner_size": 128}
    header = _header(tmp_path, n_layers=2, n_embd=64, n_heads=4, llama__ssm__state_size=16, **keys)
    attention, state = 256 * 2 * (2 * 16 + 2 * 16), 4 * (3 * 128 + 16 * 128)
    assert kv_cache_bytes(header, 256) == attention + state
    assert kv_cache_bytes(header, 512) == 2 * attention + state


def test_sliding_windows_keep_the_window_and_a_batch(tmp_path: Path) -> None:
    """Gemma 3's pattern: five of six layers see 1,024 tokens. FACTS of llama.cpp: pad256(min(n_ctx, window + 512))."""
    extra = {"llama__attention__sliding_window": 1024, "llama__attention__sliding_window_pattern": 6}
    header = _header(tmp_path, n_layers=12, n_embd=64, n_heads=4, n_heads_kv=2, **extra)
    cell = 2 * (2 * 16 + 2 * 16)
    assert kv_cache_bytes(header, 32_768) == 2 * 32_768 * cell + 10 * 1536 * cell
    assert kv_cache_bytes(header, 1024) == 12 * 1024 * cell


def test_sliding_window_pattern_as_a_list(tmp_path: Path) -> None:
    extra = {"llama__attention__sliding_window": 512, "llama__attention__sliding_window_pattern": [True, False]}
    header = _header(tmp_path, n_layers=2, n_embd=64, n_heads=4, n_heads_kv=2, **extra)
    assert kv_cache_bytes(header, 8192) == (1024 + 8192) * 2 * (2 * 16 + 2 * 16)


def test_a_window_without_a_pattern_counts_in_full(tmp_path: Path) -> None:
    header = _header(tmp_path, n_layers=2, llama__attention__sliding_window=512)
    assert kv_cache_bytes(header, 8192) == kv_cache_bytes(_header(tmp_path, n_layers=2), 8192)


def test_experts_that_work_at_once_count_for_compute(tmp_path: Path) -> None:
    experts = {"llama__expert_used_count": 4, "llama__expert_feed_forward_length": 256}
    assert compute_bytes(_header(tmp_path, n_ff=128, **experts), 256) > compute_bytes(_header(tmp_path, n_ff=128), 256)


def test_embedding_models_have_no_cache(embedding_model: Path) -> None:
    assert kv_cache_bytes(read_header(embedding_model), 512) == 0


def test_context_is_never_more_than_trained(chat_model: Path) -> None:
    header = read_header(chat_model)
    assert usable_context(header, 4096) == 4096
    assert usable_context(header, 100_000) == 8192
    assert usable_context(header, 0) == 8192


def test_models_that_embed_have_a_context_of_their_own(embedding_model: Path) -> None:
    header = read_header(embedding_model)
    assert usable_context(header, 128) == usable_context(header, 100_000) == 512
