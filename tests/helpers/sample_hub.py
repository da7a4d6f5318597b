"""A hub on loopback for the screenshots: three models as large as the real ones, but without weights.

Their headers have the real shapes, so llama.cpp lays them out as it does the real files. They are sparse: a gigabyte
takes no room here, though it does where it is downloaded to.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import gguf_files
from tests.helpers.hub_repos import File
from tests.helpers.hub_server import Behaviour, HubServer, Seen

HOST = "http://models.example"
"""What the window asks, through the hub as its proxy: so no port of the machine is shown."""

QUANTIZATIONS = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16")
CARD = """---
license: apache-2.0
---
# {title}

{about}

- Parameters: {billions} billion, {n_layers} layers
- Context: 40,960 tokens
- Thinks before it answers, or answers at once: `/think` and `/no_think` in a question switch between the two.
"""


@dataclass(frozen=True)
class Shape:
    """A model of the Qwen3 family. ``tied``: what it reads tokens with is also what it writes them with."""

    title: str
    about: str
    billions: float
    n_layers: int
    n_embd: int
    n_ff: int
    n_heads: int
    tied: bool
    downloads: int
    likes: int

    @property
    def repo_id(self) -> str:
        """On the hub."""
        return f"Qwen/{self.title.replace(' ', '-')}-GGUF"


SMALL = Shape("Qwen3 0.6B", "The smallest of its family.", 0.6, 28, 1024, 3072, 16, True, 98_000, 71)
MIDDLE = Shape("Qwen3 4B", "A good first choice for a laptop.", 4.0, 36, 2560, 9728, 32, True, 71_000, 143)
LARGE = Shape("Qwen3 8B", "Answers at once or thinks first, as asked.", 8.2, 36, 4096, 12288, 32, False, 64_000, 158)

N_VOCAB, N_HEADS_KV, N_HEAD = 151_936, 8, 128


class Throttle(Behaviour):
    """Sends as fast as it can, but slowly from a byte on, so that there is time for a picture."""

    from_byte = 0
    """Of a file; 0: never."""

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The bytes of a body on their way out."""
        for chunk in chunks:
            if 0 < self.from_byte <= start:
                time.sleep(0.02)
            start += len(chunk)
            yield chunk


def fill(server: HubServer, folder: Path) -> None:
    """Put the three models into the hub; their files into ``folder``."""
    server.redirects = False
    folder.mkdir()
    for shape in (SMALL, MIDDLE, LARGE):
        stem = shape.title.replace(" ", "-")
        files: dict[str, Path | bytes | File] = {}
        for quantization in QUANTIZATIONS:
            path = _write(folder / f"{stem}-{quantization}.gguf", shape, quantization)
            files[path.name] = File(path, known_sha256=_sha256(path, whole=shape is SMALL))
        words = vars(shape)
        files["README.md"] = CARD.format(**words).encode()
        server.add(
            shape.repo_id,
            files,
            downloads=shape.downloads,
            likes=shape.likes,
            tags=("gguf", "license:apache-2.0"),
            gguf={"total": round(shape.billions * 1e9), "architecture": "qwen3", "context_length": 40_960},
            card_data={"license": "apache-2.0"},
        )


def _sha256(path: Path, *, whole: bool) -> str:
    """Of a file that is downloaded to its end: what it is; of the others only something to tell them apart."""
    if whole:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(path.name.encode()).hexdigest()


def _write(path: Path, shape: Shape, quantization: str) -> Path:
    metadata: Mapping[str, gguf_files.Scalar | Sequence[gguf_files.Scalar]] = {
        "general.architecture": "qwen3",
        "general.name": shape.title,
        "general.license": "apache-2.0",
        "qwen3.block_count": shape.n_layers,
        "qwen3.context_length": 40_960,
        "qwen3.embedding_length": shape.n_embd,
        "qwen3.feed_forward_length": shape.n_ff,
        "qwen3.attention.head_count": shape.n_heads,
        "qwen3.attention.head_count_kv": N_HEADS_KV,
        "qwen3.attention.key_length": N_HEAD,
        "qwen3.attention.value_length": N_HEAD,
        "qwen3.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3.rope.freq_base": 1e6,
        "qwen3.vocab_size": N_VOCAB,
        "tokenizer.ggml.model": "no_vocab",
        "tokenizer.chat_template": "{{ messages[0]['content'] }}",
    }
    return gguf_files.write(path, metadata, _tensors(shape, quantization))


def _tensors(shape: Shape, quantization: str) -> dict[str, tuple[str, Sequence[int]]]:
    """The tensors with their types: in a "_M" mixture those that matter most have more bits, as llama.cpp does it."""
    plain = quantization.removesuffix("_M")
    better = "Q6_K" if quantization.endswith("_M") else plain
    n_embd, n_q, n_kv = shape.n_embd, shape.n_heads * N_HEAD, N_HEADS_KV * N_HEAD
    tensors: dict[str, tuple[str, Sequence[int]]] = {
        "token_embd.weight": (better if shape.tied else plain, (n_embd, N_VOCAB)),
        "output_norm.weight": ("F32", (n_embd,)),
    }
    if not shape.tied:
        tensors["output.weight"] = (better, (n_embd, N_VOCAB))
    for layer in range(shape.n_layers):
        kind = better if layer % 2 else plain
        tensors |= {
            f"blk.{layer}.attn_norm.weight": ("F32", (n_embd,)),
            f"blk.{layer}.attn_q.weight": (plain, (n_embd, n_q)),
            f"blk.{layer}.attn_k.weight": (plain, (n_embd, n_kv)),
            f"blk.{layer}.attn_v.weight": (kind, (n_embd, n_kv)),
            f"blk.{layer}.attn_output.weight": (plain, (n_q, n_embd)),
            f"blk.{layer}.attn_q_norm.weight": ("F32", (N_HEAD,)),
            f"blk.{layer}.attn_k_norm.weight": ("F32", (N_HEAD,)),
            f"blk.{layer}.ffn_norm.weight": ("F32", (n_embd,)),
            f"blk.{layer}.ffn_gate.weight": (plain, (n_embd, shape.n_ff)),
            f"blk.{layer}.ffn_up.weight": (plain, (n_embd, shape.n_ff)),
            f"blk.{layer}.ffn_down.weight": (kind, (shape.n_ff, n_embd)),
        }
    return tensors
