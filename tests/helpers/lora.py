"""Small LoRA adapters for tests, written with the ``gguf`` package as llama.cpp's own converter writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

from app.models.gguf_reader import read_header


def write_lora(
    path: Path,
    base: Path,
    tensors: Sequence[str] = ("blk.0.attn_q.weight",),
    *,
    rank: int = 4,
    alpha: float = 8.0,
    strength: float = 0.5,
    architecture: str = "",
    base_name: str = "",
    invocation_tokens: Sequence[int] = (),
) -> Path:
    """An adapter with random matrices for these tensors of ``base``; ``strength``: of each of their numbers."""
    header = read_header(base)
    shapes = {tensor.name: tensor.shape for tensor in header.tensors}
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, architecture or header.architecture)
    writer.add_type("adapter")
    writer.add_name("Test adapter")
    if base_name:
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, base_name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    if invocation_tokens:
        writer.add_array("adapter.alora.invocation_tokens", list(invocation_tokens))
    for name in tensors:
        columns, rows = shapes[name]
        writer.add_tensor(f"{name}.lora_a", strength * random.standard_normal((rank, columns), dtype=np.float32))
        writer.add_tensor(f"{name}.lora_b", strength * random.standard_normal((rows, rank), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
