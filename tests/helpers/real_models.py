"""Models of real shapes and sizes, with weights that mean nothing: gigabytes, written as fast as the disk takes them.

What takes memory and time is as in the models whose shape they have: layers, heads, vocabulary, mixtures of types. The
weights are one block of random numbers again and again, small enough that the network stays finite.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from tests.helpers.synthetic_models import add_keys, add_tokenizer
from tests.helpers.synthetic_shapes import Key, Tensors

_BLOCK_BYTES = 2**22
"""Of random weights, about; longer than a row, so that no two rows next to each other are alike."""

_SCALE_PLACES: Mapping[str, tuple[int, float]] = {"Q4_K": (0, 7e-5), "Q6_K": (208, 1.5e-5), "Q8_0": (0, 4e-4)}
"""Where in a block of weights its scale is, and what it is set to: weights of about 0.02."""


@dataclass(frozen=True)
class RealModel:
    """A model of the size that people run. ``heads_kv`` of ``heads``; ``experts``: how many, and how long each."""

    architecture: str
    layers: int
    embedding: int
    feed_forward: int
    heads: int
    heads_kv: int
    head: int
    vocabulary: int
    tied: bool = False
    sliding_window: int = 0
    experts: tuple[int, int] | None = None
    context: int = 131_072

    @property
    def keys(self) -> dict[str, Key]:
        """Without the architecture's name."""
        keys: dict[str, Key] = {
            "block_count": self.layers,
            "context_length": self.context,
            "embedding_length": self.embedding,
            "feed_forward_length": self.feed_forward,
            "attention.head_count": self.heads,
            "attention.head_count_kv": self.heads_kv,
            "attention.key_length": self.head,
            "attention.value_length": self.head,
            "attention.layer_norm_rms_epsilon": 1e-6,
            "rope.dimension_count": self.head,
            "rope.freq_base": 1e6,
        }
        if self.sliding_window:
            keys["attention.sliding_window"] = self.sliding_window
        if self.experts:
            count, length = self.experts
            keys |= {"expert_count": count, "expert_used_count": 8, "expert_feed_forward_length": length}
        return keys

    @property
    def tensors(self) -> Tensors:
        """Name to shape, in the order of a converted file."""
        frame: Tensors = {"token_embd.weight": (self.embedding, self.vocabulary)}
        for layer in range(self.layers):
            frame |= {f"blk.{layer}.{name}.weight": shape for name, shape in self._block().items()}
        frame["output_norm.weight"] = (self.embedding,)
        return frame if self.tied else frame | {"output.weight": (self.embedding, self.vocabulary)}

    def _block(self) -> Tensors:
        n, q, kv = self.embedding, self.heads * self.head, self.heads_kv * self.head
        block: Tensors = {"attn_norm": (n,), "attn_q": (n, q), "attn_k": (n, kv), "attn_v": (n, kv)}
        block |= {"attn_output": (q, n), "ffn_norm": (n,)}
        if self.architecture != "llama":
            block |= {"attn_q_norm": (self.head,), "attn_k_norm": (self.head,)}
        if self.sliding_window:
            block |= {"post_attention_norm": (n,), "post_ffw_norm": (n,)}
        if self.experts:
            count, length = self.experts
            experts: Tensors = {"ffn_gate_exps": (n, length, count), "ffn_up_exps": (n, length, count)}
            return block | {"ffn_gate_inp": (n, count)} | experts | {"ffn_down_exps": (length, n, count)}
        length = self.feed_forward
        return block | {"ffn_gate": (n, length), "ffn_up": (n, length), "ffn_down": (length, n)}

    @property
    def file_bytes(self) -> int:
        """Of all tensors; the vocabulary adds some megabytes."""
        return sum(size_bytes(self.kind(name), shape) for name, shape in self.tensors.items())

    def kind(self, name: str) -> GGMLQuantizationType:
        """The type of a tensor in a mixture as Q4_K_M is one: what matters most has more bits."""
        if "_norm" in name or "ffn_gate_inp" in name:
            return GGMLQuantizationType.F32
        if name == ("token_embd.weight" if self.tied else "output.weight"):
            return GGMLQuantizationType.Q6_K
        layer = int(name.split(".")[1]) if name.startswith("blk.") else 0
        better = layer < self.layers // 8 or layer >= 7 * self.layers // 8 or layer % 3 == 2
        if better and ("attn_v" in name or "ffn_down" in name):
            return GGMLQuantizationType.Q6_K
        return GGMLQuantizationType.Q4_K


REAL_MODELS = {
    "llama-1b": RealModel("llama", 16, 2048, 8192, 32, 8, 64, 128_256, tied=True),
    "gemma-4b": RealModel("gemma3", 34, 2560, 10_240, 8, 4, 256, 262_144, tied=True, sliding_window=1024),
    "qwen-8b": RealModel("qwen3", 36, 4096, 12_288, 32, 8, 128, 151_936),
    "moe-16b": RealModel("qwen3moe", 48, 2048, 6144, 32, 4, 128, 151_936, experts=(64, 768)),
}
"""Shaped as Llama 3.2 1B, Gemma 3 4B, Qwen3 8B, and Qwen3 30B A3B with half of its experts: 0.8, 2.5, 5 and 9.7 GB."""


def write_real(folder: Path, name: str, *, part_bytes: int = 0) -> Path:
    """Write one of :data:`REAL_MODELS`; gives the (first) file. ``part_bytes``: the most tensor data in one file, which
    splits it into files named as llama.cpp's own tool names them; 0: one file."""
    model = REAL_MODELS[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-q4_k_m.gguf"
    writer = gguf.GGUFWriter(path, model.architecture, split_max_size=part_bytes)
    writer.add_name(f"A model shaped as {name}")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    add_keys(writer, model.architecture, model.keys)
    add_tokenizer(writer, model.vocabulary)
    for tensor, shape in model.tensors.items():
        kind = model.kind(tensor)
        writer.add_tensor_info(
            tensor, tuple(reversed(shape)), np.dtype(np.float32), size_bytes(kind, shape), raw_dtype=kind
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    blocks = {kind: _random_block(kind) for kind in {model.kind(tensor) for tensor in model.tensors}}
    for file, tensors in zip(writer.fout or (), writer.tensors, strict=True):
        writer.write_padding(file, file.tell())
        for info in tensors.values():
            _repeat(file, blocks[info.dtype], info.nbytes)
            writer.write_padding(file, info.nbytes)
    writer.close()
    first = sorted(folder.glob(f"{path.stem}-00001-of-*.gguf")) if part_bytes else [path]
    return first[0]


def size_bytes(kind: GGMLQuantizationType, shape: tuple[int, ...]) -> int:
    """Of a tensor of this type."""
    weights, block_bytes = GGML_QUANT_SIZES[kind]
    return int(math.prod(shape) // weights * block_bytes)


def _random_block(kind: GGMLQuantizationType) -> bytes:
    if kind == GGMLQuantizationType.F32:
        return np.ones(_BLOCK_BYTES // 4, np.float32).tobytes()
    block_bytes = GGML_QUANT_SIZES[kind][1]
    rows: Any = np.random.default_rng(7).integers(0, 256, (_BLOCK_BYTES // block_bytes, block_bytes), np.uint8)
    place, scale = _SCALE_PLACES[kind.name]
    rows[:, place : place + 2] = np.frombuffer(np.float16(scale).tobytes(), np.uint8)
    if kind == GGMLQuantizationType.Q4_K:  # the second number is subtracted: the middle of what the first one spans
        rows[:, 2:4] = np.frombuffer(np.float16(7.5 * scale).tobytes(), np.uint8)
    return bytes(rows.tobytes())


def _repeat(file: BinaryIO, block: bytes, length: int) -> None:
    while length > 0:
        length -= file.write(memoryview(block)[: min(len(block), length)])
