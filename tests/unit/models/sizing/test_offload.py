"""Layers on GPUs: llama.cpp's rule, on headers alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.sizing import HOST, GpuShare, estimate, place, weights_by_device
from tests.helpers import gguf_files

ONE = (GpuShare("CUDA0", 1.0),)
TWO = (GpuShare("CUDA0", 3.0), GpuShare("CUDA1", 1.0))


@pytest.fixture
def header(tmp_path: Path) -> Header:
    return read_header(gguf_files.llama(tmp_path / "model.gguf", n_layers=7))


def test_without_gpus_all_is_in_main_memory(header: Header) -> None:
    assert place(header, (), -1).devices == (HOST,)
    assert place(header, ONE, 0).devices == (HOST,)
    assert place(header, (GpuShare("CUDA0", 0.0),), -1).devices == (HOST,)


def test_k_layers_are_the_output_and_the_last_blocks(header: Header) -> None:
    placed = place(header, ONE, 3)
    assert placed.layers == (*[HOST] * 5, "CUDA0", "CUDA0")
    assert placed.output == "CUDA0"
    only_output = place(header, ONE, 1)
    assert (set(only_output.layers), only_output.output) == ({HOST}, "CUDA0")


@pytest.mark.parametrize("n_gpu_layers", [-1, 8, 99])
def test_all_layers_and_the_output(header: Header, n_gpu_layers: int) -> None:
    placed = place(header, ONE, n_gpu_layers)
    assert (set(placed.layers), placed.output) == ({"CUDA0"}, "CUDA0")


def test_several_gpus_share_in_order_and_proportion(header: Header) -> None:
    placed = place(header, TWO, -1)
    assert placed.layers == (*["CUDA0"] * 6, "CUDA1")
    assert placed.output == "CUDA1"
    assert place(header, TWO, 4).layers == (*[HOST] * 4, *["CUDA0"] * 3)


def test_layers_that_lie_where_two_gpus_meet_go_where_llama_cpps_rounding_puts_them(tmp_path: Path) -> None:
    header = read_header(gguf_files.llama(tmp_path / "six.gguf", n_layers=6))
    gpus = [GpuShare(f"CUDA{number}", 0.1) for number in range(7)]
    found = place(header, gpus, -1)
    assert (*found.layers, found.output) == tuple(gpu.device for gpu in gpus)


def test_weights_lie_where_their_layers_do(header: Header) -> None:
    weights = weights_by_device(header, place(header, TWO, 4))
    block = sum(tensor.size_bytes for tensor in header.tensors if tensor.name.startswith("blk.0."))
    table = next(tensor.size_bytes for tensor in header.tensors if tensor.name == "token_embd.weight")
    assert weights[HOST] == table + 4 * block
    assert weights["CUDA0"] == 3 * block
    assert weights["CUDA1"] == header.weights_bytes - table - 7 * block


def test_tied_embeddings_lie_in_both_places(header: Header) -> None:
    tied = replace(header, tensors=tuple(tensor for tensor in header.tensors if tensor.name != "output.weight"))
    table = next(tensor.size_bytes for tensor in tied.tensors if tensor.name == "token_embd.weight")
    assert sum(weights_by_device(tied, place(tied, (), -1)).values()) == tied.weights_bytes
    assert sum(weights_by_device(tied, place(tied, ONE, -1)).values()) == tied.weights_bytes + table


def test_an_estimate_by_device(header: Header) -> None:
    layout = estimate(header, 4096, gpus=TWO, n_gpu_layers=4)
    host = estimate(header, 4096)
    assert [parts.device for parts in layout.devices] == [HOST, "CUDA0", "CUDA1"]
    assert layout.kv_bytes == host.kv_bytes
    assert layout.on("CUDA0").kv_bytes == host.kv_bytes * 3 // 7
    assert layout.on("CUDA1").kv_bytes == 0
    assert layout.committed_bytes == layout.on(HOST).total_bytes + layout.other_bytes < host.committed_bytes
    assert layout.total_bytes > host.total_bytes, "each device computes in a buffer of its own"


def test_adapters_count_as_weights(tmp_path: Path, header: Header) -> None:
    adapter = read_header(
        gguf_files.write(tmp_path / "lora.gguf", {}, {"blk.0.attn_q.weight.lora_a": ("F16", (64, 8))})
    )
    assert estimate(header, 512, adapters=[adapter]).weights_bytes == header.weights_bytes + 64 * 8 * 2


def test_a_block_that_the_model_does_not_have_lies_with_the_output(header: Header) -> None:
    """A header may name more blocks than it counts (some keep blocks for predicting ahead), and an adapter any."""
    query = next(tensor for tensor in header.tensors if tensor.name == "blk.0.attn_q.weight")
    more = replace(header, tensors=(*header.tensors, replace(query, name="blk.99.attn_q.weight")))
    placed = place(header, ONE, 1)
    before, after = weights_by_device(header, placed), weights_by_device(more, placed)
    assert (after[HOST], after["CUDA0"]) == (before[HOST], before["CUDA0"] + query.size_bytes)
