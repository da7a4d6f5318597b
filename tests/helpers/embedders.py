"""Small embedding models with random weights, and what a real load of one takes (in a process of its own)."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

EMBEDDING, FEED_FORWARD, LAYERS, HEADS, CONTEXT, VOCABULARY = 256, 1024, 4, 8, 2048, 4000


@dataclass(frozen=True)
class RealLoad:
    """``buffers``: bytes of weights, KV cache and compute buffers in llama.cpp's books. ``resident_bytes``: of the
    process, after a full text in each context."""

    buffers: list[int]
    resident_bytes: int


def write_embedder(folder: Path, architecture: str) -> Path:
    """A model of the architecture "bert" or "nomic-bert"."""
    path = folder / f"{architecture}.gguf"
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(f"A synthetic {architecture}")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    if architecture == "nomic-bert":
        writer.add_rope_freq_base(1000.0)
    _add_words(writer)
    for name, shape in _tensors(architecture).items():
        random = np.random.default_rng(zlib.crc32(name.encode()))
        weights = 0.05 * random.standard_normal(tuple(reversed(shape)), dtype=np.float32)
        table = name in ("position_embd.weight", "token_types.weight")
        writer.add_tensor(name, weights if table or len(shape) < 2 else weights.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def load_embedder(path: Path) -> RealLoad:
    """Load a model as the knowledge worker does, and fill its contexts."""
    command = [sys.executable, "-m", "tests.helpers.embedders", str(path)]
    root = Path(__file__).resolve().parents[2]
    found = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return RealLoad(**json.loads(found.stdout))


def _tensors(architecture: str) -> dict[str, tuple[int, ...]]:
    made: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (EMBEDDING, VOCABULARY),
        "token_types.weight": (EMBEDDING, 2),
        **_norm("token_embd_norm"),
    }
    parts: dict[str, tuple[int, ...]] = {
        "attn_output.weight": (EMBEDDING, EMBEDDING),
        "ffn_up.weight": (EMBEDDING, FEED_FORWARD),
        "ffn_down.weight": (FEED_FORWARD, EMBEDDING),
        **_norm("attn_output_norm"),
        **_norm("layer_output_norm"),
    }
    if architecture == "bert":
        made["position_embd.weight"] = (EMBEDDING, CONTEXT)
        parts |= {f"attn_{part}.weight": (EMBEDDING, EMBEDDING) for part in "qkv"}
        parts |= {f"attn_{part}.bias": (EMBEDDING,) for part in ("q", "k", "v", "output")}
        parts |= {"ffn_up.bias": (FEED_FORWARD,), "ffn_down.bias": (EMBEDDING,)}
    else:
        parts |= {"attn_qkv.weight": (EMBEDDING, 3 * EMBEDDING), "ffn_gate.weight": (EMBEDDING, FEED_FORWARD)}
    return made | {f"blk.{layer}.{name}": shape for layer in range(LAYERS) for name, shape in parts.items()}


def _norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (EMBEDDING,), f"{name}.bias": (EMBEDDING,)}


def _add_words(writer: gguf.GGUFWriter) -> None:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [f"\u2581{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    words = [*special, *letters, *(f"\u2581word{number}" for number in range(VOCABULARY - len(special) - len(letters)))]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(2)
    writer.add_token_list(words)
    writer.add_token_types([gguf.TokenType.CONTROL] * 5 + [gguf.TokenType.NORMAL] * (len(words) - 5))
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(3)
    writer.add_sep_token_id(3)
    writer.add_mask_token_id(4)


def _load(path: Path) -> RealLoad:
    import app.inference.engine  # noqa: F401  # what a worker has before any model
    from app.inference.breakdown import buffers_of
    from app.inference.process_memory import release_free_memory, resident_bytes
    from app.knowledge.embed import EmbeddingModel
    from app.models.native import captured_log, load_llama_cpp

    with captured_log():
        model = EmbeddingModel(path, 1)
        text = "a " * model.max_tokens
        model.embed_document(text)
        model.embed_query(text)
        release_free_memory()
        books = [buffers_of(load_llama_cpp(), each._context) for each in (model._questions, model._passages)]
        uses = [use for book in books for use in book]
        weights = sum(use.weights_bytes for use in books[0])
        buffers = [weights, sum(use.kv_bytes for use in uses), sum(use.compute_bytes for use in uses)]
        return RealLoad(buffers, resident_bytes())


if __name__ == "__main__":
    real = _load(Path(sys.argv[1]))
    sys.stdout.write(json.dumps({"buffers": real.buffers, "resident_bytes": real.resident_bytes}))
