"""How right the sizes are, how fast they come, and what damaged headers do; each figure beside its reference.

python -m tests.bench.sizing                      all of it, some five minutes
python -m tests.bench.sizing layouts              0 bytes beside llama.cpp's books at real loads; closed forms beside
python -m tests.bench.sizing resident             a worker's memory with a full context, beside the prediction
python -m tests.bench.sizing embedders            models that embed: both of these, beside real loads
python -m tests.bench.sizing latency              verdicts, cached and not
python -m tests.bench.sizing mutants [count]      damaged headers through what the command line calls
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from app.chat.transcript import ChatMessage
from app.core.paths import Home
from app.inference.breakdown import buffers_of
from app.inference.client import InferenceClient
from app.inference.native_model import NativeModel
from app.inference.protocol import BufferUse, LoadSettings, MemoryUse, Sampling
from app.inference.threads import ThreadCounts
from app.models.native import captured_log, load_llama_cpp
from app.models.sizing import estimate, usable_context
from app.models.starters import starter_folder
from app.models.summary import read_summary
from tests.bench import sizing_mutants, sizing_speed
from tests.helpers.embedders import load_embedder, write_embedder
from tests.helpers.synthetic_models import Storage, write
from tests.helpers.synthetic_shapes import SHAPES

MIB = 2**20
CONTEXTS = (512, 2048, 8192, 32_768, 131_072)
KINDS: tuple[dict[str, Any], ...] = (
    {"kv_type": "f16"},
    {"kv_type": "q8_0"},
    {"kv_type": "q4_0"},
    {"kv_type": "f16", "flash_attention": False},
)
FULL = (
    ("starter", 2048, "f16"),
    ("starter", 8192, "f16"),
    ("starter", 4096, "q8_0"),
    ("llama", 32_768, "f16"),
    ("gemma3", 32_768, "f16"),
    ("mixtral", 8192, "f16"),
    ("deepseek2", 8192, "f16"),
    ("jamba", 8192, "f16"),
    ("mamba", 8192, "f16"),
    ("gpt-oss", 8192, "f16"),
)
"""Model, context, KV type: filled to the last few tokens."""


def starter() -> Path:
    """The starter chat model's file."""
    return starter_folder() / "smollm2-135m-instruct-q8_0.gguf"


@dataclass
class Worst:
    """The largest differences of one model over all its loads, in bytes; of the formula's compute buffer in percent."""

    loads: int = 0
    exact: list[int] = field(default_factory=lambda: [0, 0, 0])
    formula: list[int] = field(default_factory=lambda: [0, 0])
    compute: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, real: tuple[BufferUse, ...], predicted: MemoryUse, formula: Any) -> None:
        """One load."""
        self.loads += 1
        theirs = {use.buffer_type: use for use in predicted.buffers}
        for use in real:
            other = theirs.pop(use.buffer_type, BufferUse(use.buffer_type, "", 0, 0, 0))
            for place, name in enumerate(("weights_bytes", "kv_bytes", "compute_bytes")):
                self.exact[place] = max(self.exact[place], abs(getattr(use, name) - getattr(other, name)))
        self.exact[0] = max(self.exact[0], *(use.weights_bytes for use in theirs.values()), 0)
        weights, kv, compute = (
            sum(getattr(use, name) for use in real) for name in ("weights_bytes", "kv_bytes", "compute_bytes")
        )
        self.formula[0] = max(self.formula[0], abs(formula.weights_bytes - weights))
        self.formula[1] = max(self.formula[1], abs(formula.kv_bytes - kv))
        off = 100 * (formula.compute_bytes / compute - 1)
        self.compute = [min(self.compute[0], off), max(self.compute[1], off)]


def models(folder: Path) -> Iterator[tuple[str, Path]]:
    """The starter model, and one of each synthetic shape, also repacked and split."""
    yield "starter", starter()
    for name in SHAPES:
        yield name, write(folder, name)
    yield "llama Q4_0", write(folder, "llama", Storage("Q4_0"))
    yield "llama Q8_0", write(folder, "llama", Storage("Q8_0"))
    yield "llama in 3", write(folder / "split", "llama", Storage(parts=3))


def real_buffers(llama: Any, path: Path, settings: LoadSettings) -> tuple[BufferUse, ...]:
    """llama.cpp's books after a real load in this process."""
    with captured_log() as lines:
        native = NativeModel(llama, path, settings, ThreadCounts(1, 1), lines)
        try:
            return buffers_of(llama, native.context)
        finally:
            native.close()


def layouts(home: Home, folder: Path) -> None:
    """The table of differences."""
    print("\nllama.cpp's books at a real load, beside the prediction (reference: 0 bytes) and the closed forms")
    print(f"{'model':15}{'loads':>6}{'weights':>9}{'KV':>5}{'compute':>9}   {'forms: weights':>15}{'KV':>5}   compute")
    llama, client, total = load_llama_cpp(), InferenceClient(home), 0
    for name, path in models(folder):
        header, _ = read_summary(path)
        worst = Worst()
        for n_ctx in sorted({usable_context(header, n_ctx) for n_ctx in CONTEXTS}):
            for kind in KINDS:
                settings = LoadSettings(n_ctx=n_ctx, **kind)
                predicted = client.probe(path, settings)
                if predicted.kv_bytes + predicted.weights_bytes > psutil.virtual_memory().available // 2:
                    continue
                flash = settings.flash_attention
                formula = estimate(header, n_ctx, settings.kv_type, flash_attention=flash)
                worst.add(real_buffers(llama, path, settings), predicted, formula)
        total += worst.loads
        weights, kv, compute = worst.exact
        low, high = worst.compute
        print(
            f"{name:15}{worst.loads:6}{weights:9}{kv:5}{compute:9}   {worst.formula[0]:15}{worst.formula[1]:5}"
            f"   {low:+.0f} to {high:+.0f} %",
            flush=True,
        )
    client.close()
    print(
        f"{total} real loads, contexts {CONTEXTS[0]} to {CONTEXTS[-1]:,}, F16, Q8_0, Q4_0, flash attention on and off"
    )


def resident(home: Home, folder: Path) -> None:
    """The worker's memory with a full context."""
    print("\nworker with a full context, MiB (reference: error at most max(16 MiB, 2 %), never more than 1 % too low)")
    print(f"{'model':12}{'context':>8}{'KV':>6}{'predicted':>11}{'measured':>10}{'peak':>8}{'error':>8}{'':>3}%")
    for name, n_ctx, kv_type in FULL:
        path = starter() if name == "starter" else write(folder, name)
        settings = LoadSettings(n_ctx=n_ctx, kv_type=kv_type)  # type: ignore[arg-type]
        client = InferenceClient(home)
        predicted = client.probe(path, settings).resident_bytes
        client.load(path, settings)
        words = "the and "
        counted = client.count_tokens([ChatMessage("user", words * 100)])
        times = (n_ctx - counted.frame - 24) * 100 // counted.counts[0]
        figures = client.generate([ChatMessage("user", words * times)], Sampling(), max_tokens=8).result().figures
        client.close()
        error = predicted - figures.resident_bytes
        print(
            f"{name:12}{n_ctx:8}{kv_type:>6}{predicted / MIB:11.1f}{figures.resident_bytes / MIB:10.1f}"
            f"{figures.peak_bytes / MIB:8.1f}{error / MIB:+8.1f}{100 * error / figures.resident_bytes:+6.1f} %"
            f"  ({figures.prompt_tokens} tokens)",
            flush=True,
        )


def embedders(home: Home, folder: Path) -> None:
    """Models that embed, loaded as the worker that finds passages does."""
    print("\nmodels that embed: books beside the prediction (reference: 0 bytes), the worker's memory (as above), MiB")
    print(f"{'model':12}{'weights':>9}{'KV':>5}{'compute':>9}{'predicted':>11}{'measured':>10}{'error':>8}")
    paths = {"starter": starter_folder() / "all-minilm-l6-v2-q8_0.gguf"}
    paths |= {name: write_embedder(folder, name) for name in ("bert", "nomic-bert")}
    client = InferenceClient(home)
    for name, path in paths.items():
        use, real = client.probe(path), load_embedder(path)
        predicted = (use.weights_bytes, use.kv_bytes, use.compute_bytes)
        weights, kv, compute = (abs(one - other) for one, other in zip(predicted, real.buffers, strict=True))
        error = use.resident_bytes - real.resident_bytes
        print(
            f"{name:12}{weights:9}{kv:5}{compute:9}{use.resident_bytes / MIB:11.1f}{real.resident_bytes / MIB:10.1f}"
            f"{error / MIB:+8.1f}",
            flush=True,
        )
    client.close()


def main() -> None:
    """Run what is asked for."""
    logging.disable(logging.WARNING)  # llama.cpp says of some layouts that it pads them
    chosen = sys.argv[1:2]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000
    parts: dict[str, Callable[[Home, Path], None]] = {
        "layouts": layouts,
        "resident": resident,
        "embedders": embedders,
        "latency": lambda home, folder: sizing_speed.latency(home, folder, starter()),
        "mutants": lambda home, folder: sizing_mutants.mutants(home, folder, starter(), count),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            if not chosen or name in chosen:
                place = Path(folder) / name
                place.mkdir()
                part(Home(place / "home").create(), place)


if __name__ == "__main__":
    main()
