"""What each layer keeps, told from keys alone (with real loads beside: tests.worker.test_sizing)."""

from __future__ import annotations

from pathlib import Path

from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.sizing import cache_bytes_by_layer, kv_cache_bytes
from app.models.sizing.shape import layer_memories
from tests.helpers import gguf_files


def _header(folder: Path, architecture: str, keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]]) -> Header:
    usual = {"embedding_length": 64, "attention.head_count": 4, "attention.head_count_kv": 2, "block_count": 8}
    whole = {f"{architecture}.{key}": value for key, value in (usual | keys).items()}
    path = folder / f"{architecture}.gguf"
    return read_header(
        gguf_files.write(path, {"general.architecture": architecture, **whole}, {"token_embd.weight": ("F32", (64, 8))})
    )


def test_latent_attention_keeps_one_vector_and_no_values(tmp_path: Path) -> None:
    keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "attention.head_count_kv": 1,
        "attention.key_length": 576,
        "attention.value_length": 512,
        "attention.key_length_mla": 192,
    }
    assert kv_cache_bytes(_header(tmp_path, "deepseek2", keys), 4096) == 8 * 4096 * 576 * 2


def test_a_pure_recurrent_network_does_not_grow(tmp_path: Path) -> None:
    header = _header(tmp_path, "rwkv7", {"wkv.head_size": 32, "token_shift_count": 2})
    assert kv_cache_bytes(header, 512) == kv_cache_bytes(header, 131_072) == 8 * 4 * 64 * (2 + 32)


def test_linear_attention_in_all_but_every_fourth_layer(tmp_path: Path) -> None:
    state: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "ssm.conv_kernel": 4,
        "ssm.inner_size": 128,
        "ssm.state_size": 16,
        "ssm.group_count": 2,
    }
    header = _header(tmp_path, "qwen3next", state)
    layers = cache_bytes_by_layer(header, 1024)
    cached, fixed = 1024 * 2 * (2 * 16 + 2 * 16), 4 * (3 * (128 + 2 * 2 * 16) + 16 * 128)
    assert layers == (fixed, fixed, fixed, cached) * 2
    marked = _header(tmp_path, "qwen35", state | {"attention.recurrent_layers": [True] + [False] * 7})
    assert cache_bytes_by_layer(marked, 1024) == (fixed, *[cached] * 7)


def test_both_in_every_layer(tmp_path: Path) -> None:
    header = _header(tmp_path, "falcon-h1", {"ssm.conv_kernel": 4, "ssm.inner_size": 128, "ssm.state_size": 16})
    assert kv_cache_bytes(header, 256) == 8 * (256 * 128 + 4 * (3 * 128 + 16 * 128))


def test_layers_that_are_only_feed_forward_keep_nothing(tmp_path: Path) -> None:
    keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "block_count": 3,
        "attention.head_count_kv": [0, 0, 2],
        "feed_forward_length": [0, 128, 0],
        "ssm.conv_kernel": 4,
        "ssm.inner_size": 128,
        "ssm.state_size": 16,
    }
    state, nothing, cached = cache_bytes_by_layer(_header(tmp_path, "nemotron_h", keys), 256)
    assert (state > 0, nothing, cached) == (True, 0, 256 * 128)


def test_layers_that_read_the_cache_of_others(tmp_path: Path) -> None:
    keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "attention.sliding_window": 512,
        "attention.sliding_window_pattern": [True, True, True, False] * 2,
        "attention.shared_kv_layers": 4,
        "attention.key_length": 32,
        "attention.value_length": 32,
        "attention.key_length_swa": 16,
        "attention.value_length_swa": 16,
    }
    layers = cache_bytes_by_layer(_header(tmp_path, "gemma4", keys), 8192)
    assert layers == (*[1024 * 2 * (2 * 16 + 2 * 16)] * 3, 8192 * 2 * (2 * 32 + 2 * 32), 0, 0, 0, 0)


def test_windows_known_by_name(tmp_path: Path) -> None:
    small = _header(tmp_path, "smallthinker", {"attention.sliding_window": 512})
    assert [layer.slides for layer in layer_memories(small)] == [False, True, True, True] * 2
    llama4 = _header(tmp_path, "llama4", {})
    assert [layer.slides for layer in layer_memories(llama4)] == [True, True, True, False] * 2
    whole = _header(tmp_path, "olmo2", {})  # the 7B and 13B have no window, the 32B has one
    assert not any(layer.slides for layer in layer_memories(whole))


def test_a_short_convolution_keeps_its_last_inputs(tmp_path: Path) -> None:
    keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "block_count": 2,
        "attention.head_count_kv": [0, 2],
        "shortconv.l_cache": 3,
    }
    layers = cache_bytes_by_layer(_header(tmp_path, "lfm2", keys), 256)
    assert layers == (4 * 64 * 2, 256 * 2 * (2 * 16 + 2 * 16)), "all but the newest of three tokens, of 64 numbers each"


def test_delta_attention_keeps_a_matrix_for_each_head_and_three_convolutions(tmp_path: Path) -> None:
    keys: dict[str, gguf_files.Scalar | list[gguf_files.Scalar]] = {
        "block_count": 2,
        "attention.head_count_kv": [0, 2],
        "ssm.conv_kernel": 4,
        "kda.head_dim": 8,
    }
    state, _ = layer_memories(_header(tmp_path, "kimi-linear", keys))
    assert state.state_bytes == 4 * (4 * 8 * 8 + 3 * 3 * 4 * 8), "the matrices; of queries, keys and values 3 inputs"
