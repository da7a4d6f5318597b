from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.models.gguf_reader import read_header
from app.models.sizing import Layout, estimate
from app.models.verdict import RESERVE_BYTES, largest_context, reserve_bytes, verdict
from tests.helpers import gguf_files

GB = 10**9


def test_fits(chat_model: Path) -> None:
    result = verdict(read_header(chat_model), 4096, "f16", 16 * GB)
    assert result.fit == "fits"
    assert result.sentence == "Fits: takes 338 MB of the 16.0 GB that are free."
    assert result.n_ctx == 4096
    assert not result.measured_by_llama


def test_tight_when_the_reserve_would_be_touched(chat_model: Path) -> None:
    header = read_header(chat_model)
    total = estimate(header, 4096).total_bytes
    assert verdict(header, 4096, "f16", total + RESERVE_BYTES).fit == "fits"
    tight = verdict(header, 4096, "f16", total + RESERVE_BYTES - 1)
    assert tight.fit == "tight"
    assert "512 MB would be left" in tight.sentence
    assert verdict(header, 4096, "f16", total).fit == "tight"
    assert verdict(header, 4096, "f16", total - 1).fit == "does_not_fit"


def test_reserve_grows_with_memory() -> None:
    assert reserve_bytes(GB) == RESERVE_BYTES
    assert reserve_bytes(100 * GB) == 5 * GB


def test_what_is_replaced_counts_as_free(chat_model: Path) -> None:
    header = read_header(chat_model)
    total = estimate(header, 4096).total_bytes
    assert verdict(header, 4096, "f16", total // 2).fit == "does_not_fit"
    replaced = verdict(header, 4096, "f16", total // 2, replaced_bytes=total)
    assert replaced.fit == "tight"
    assert replaced.available_bytes == total // 2 + total


def test_a_smaller_context_is_named_when_it_helps(chat_model: Path) -> None:
    header = read_header(chat_model)
    room = estimate(header, 2048).total_bytes
    result = verdict(header, 8192, "f16", room)
    assert result.fit == "does_not_fit"
    assert "With a context of 2,048 tokens instead of 8,192 it would." in result.sentence


def test_a_smaller_context_is_one_that_fits_by_llama_cpps_own_layout(chat_model: Path) -> None:
    header = read_header(chat_model)
    more = 60_000_000
    formula = estimate(header, 8192)
    measured = replace(formula, other_bytes=formula.other_bytes + more)
    room = estimate(header, 2048).committed_bytes + more
    result = verdict(header, 8192, "f16", room, measured=measured)
    assert "With a context of 2,048 tokens instead of 8,192 it would." in result.sentence


def test_weights_that_are_too_large_are_named(tmp_path: Path) -> None:
    path = gguf_files.llama(
        tmp_path / "huge.gguf", n_layers=80, n_embd=8192, n_ff=28_672, n_heads=64, n_heads_kv=8, n_vocab=128_256
    )
    result = verdict(read_header(path), 4096, "f16", 8 * GB)
    assert result.fit == "does_not_fit"
    assert "Its weights alone take 39.7 GB: choose a smaller model or quantization." in result.sentence


def test_largest_context_is_the_last_that_fits(chat_model: Path) -> None:
    header = read_header(chat_model)
    room = estimate(header, 3000).total_bytes
    found = largest_context(header, "f16", room, 8192)
    assert estimate(header, found).total_bytes <= room < estimate(header, found + 512).total_bytes
    assert largest_context(header, "f16", 0, 8192) == 0


def test_measured_parts_are_used_as_they_are(chat_model: Path) -> None:
    parts = replace(Layout.on_host(weights_bytes=1, kv_bytes=2, compute_bytes=3, other_bytes=4), source="llama.cpp")
    result = verdict(read_header(chat_model), 4096, "f16", GB, measured=parts)
    assert result.measured_by_llama
    assert result.total_bytes == 10
