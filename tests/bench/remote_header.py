"""What a verdict on a model that is not here costs: bytes transferred beside the header's own length, and requests.

From a hub on loopback that counts what it sends. The starter models are real; the others have vocabularies as long as
those of the models they are named after, short tokens first. Reference: at most 1.2 times the header.

    python -m tests.bench.remote_header
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.hub.access import Access
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.models.starters import starter_folder
from tests.helpers import gguf_files
from tests.helpers.gguf_files import Signed
from tests.helpers.hub_server import File, HubServer

REFERENCE = 1.2

SHAPES = {
    "Llama 3 (128,256 tokens, 280,147 merges)": (128_256, 280_147, 32),
    "Qwen 3 (151,936 tokens, 151,387 merges)": (151_936, 151_387, 36),
    "Gemma 3 (262,144 tokens)": (262_144, 0, 34),
    "Mistral (32,768 tokens)": (32_768, 0, 32),
}


def main() -> None:
    """Print a row for each model."""
    print(f"{'model':44} {'header':>11} {'transferred':>12} {'ratio':>6} {'ranges':>7} {'seconds':>8}")
    with tempfile.TemporaryDirectory() as name, HubServer() as server:
        folder = Path(name)
        models = {path.stem: path for path in sorted(starter_folder().glob("*.gguf"))}
        models |= {title: _made(folder / f"{number}.gguf", *SHAPES[title]) for number, title in enumerate(SHAPES)}
        network = Network(NetworkPolicy, lambda: None)
        hub = Hub(network, lambda: Access(server.url), HeaderCache(folder / "headers"))
        worst = max(_row(server, hub, title, path) for title, path in models.items())
        network.close()
    print(f"worst: {worst:.3f} times the header; reference: at most {REFERENCE}; a second time: 0 bytes")


def _row(server: HubServer, hub: Hub, title: str, path: Path) -> float:
    repo = server.add(f"a/{path.stem}", {"m-Q4_0.gguf": File(path, kept_in_lfs=True)})
    (file,) = hub.details(repo.repo_id).files
    server.requests.clear()
    began = time.perf_counter()
    header = hub.header(file).header
    seconds = time.perf_counter() - began
    sent, ranges = server.sent_bytes(), len(server.asked("cdn"))
    hub.header(file)
    assert server.sent_bytes() == sent
    print(f"{title:44} {header.data_start:11,} {sent:12,} {sent / header.data_start:6.3f} {ranges:7} {seconds:8.3f}")
    return sent / header.data_start


def _made(path: Path, n_vocab: int, n_merges: int, n_layers: int) -> Path:
    return gguf_files.llama(
        path,
        n_layers=n_layers,
        tokenizer__ggml__model="gpt2",
        tokenizer__ggml__tokens=["x" * (2 + 10 * number // n_vocab) for number in range(n_vocab)],
        tokenizer__ggml__scores=[0.0] * n_vocab,
        tokenizer__ggml__token_type=[Signed(1)] * n_vocab,
        tokenizer__ggml__merges=["x" * (3 + 14 * number // n_merges) for number in range(n_merges)] or ["a b"],
        tokenizer__chat_template="{{ messages }}" * 400,
    )


if __name__ == "__main__":
    main()
