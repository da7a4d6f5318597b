"""Models of the size that people run: what was predicted beside what it is at a real load, with a prompt computed.

    python -m tests.bench.real_size [--disk FOLDER] [MODEL...]

Without names: those of llama-1b, gemma-4b, qwen-8b and moe-16b (:mod:`tests.helpers.real_models`) that fit, one after
the other; each is written (0.8 to 10 GB), loaded in several ways and deleted. Weights are random. Some ten minutes in
all on two idle cores; speeds say little while others work.

References: 0 bytes of difference for weights, KV cache and compute buffers; resident memory at most max(16 MiB, 2 %)
off, and never more than 1 % above what was predicted. To fill 131,072 tokens would take hours, and the attention mask
is touched only as far as the context is filled: the rest of it is subtracted from the prediction. (Contexts that are
filled wholly: the first line here, and :mod:`tests.bench.sizing`.)
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.chat.transcript import ChatMessage
from app.core.paths import Home
from app.hardware.read import memory_available_bytes
from app.inference.client import InferenceClient
from app.inference.protocol import KvType, LoadSettings, MemoryUse, Sampling
from app.services.compose import Services
from tests.helpers.real_models import REAL_MODELS, write_real

MIB = 2**20
REPLY_TOKENS = 24
DISK_RESERVE_BYTES = 5 * 10**9
MASK_BYTES = 512 * 2
"""Of a token of the context: half-precision numbers, one for each token of a batch."""


@dataclass(frozen=True)
class Case:
    """A load, and how many tokens of its context are filled."""

    model: str
    n_ctx: int
    kv_type: KvType
    filled: int


CASES = (
    Case("llama-1b", 4096, "f16", 4000),
    Case("llama-1b", 65_536, "f16", 4000),
    Case("llama-1b", 131_072, "q8_0", 1500),
    Case("gemma-4b", 8192, "f16", 1500),
    Case("gemma-4b", 131_072, "f16", 600),
    Case("gemma-4b", 131_072, "q4_0", 600),
    Case("qwen-8b", 4096, "f16", 600),
    Case("qwen-8b", 65_536, "f16", 600),
    Case("qwen-8b", 131_072, "q4_0", 600),
    Case("moe-16b", 8192, "f16", 600),
    Case("moe-16b", 65_536, "q8_0", 600),
)
"""More than a batch of 512 tokens each: from then on the compute buffers do not grow."""


def run(case: Case, path: Path, home: Home, services: Services) -> None:
    """One line of the table."""
    settings = LoadSettings(n_ctx=case.n_ctx, kv_type=case.kv_type)
    what = f"{case.model:9}{case.n_ctx:>8}{case.kv_type:>6}"
    client = InferenceClient(home)
    try:
        predicted = client.probe(path, settings)
        if predicted.resident_bytes > memory_available_bytes() - 10**9:
            print(f"{what}  {predicted.resident_bytes / MIB:8.0f} MiB: more than is free now", flush=True)
            return
        estimated = services.planner.plan(path, case.n_ctx, kv_types=(case.kv_type,)).tokens_per_s
        started = time.perf_counter()
        loaded = client.load(path, settings)
        load_s = time.perf_counter() - started
        words = "the and "
        each = client.count_tokens([ChatMessage("user", words * 100)]).counts[0] / 100
        prompt = [ChatMessage("user", words * int(case.filled / each))]
        figures = client.generate(prompt, Sampling(), max_tokens=REPLY_TOKENS).result().figures
    finally:
        client.close()
    untouched = MASK_BYTES * max(0, case.n_ctx - -(-(figures.prompt_tokens + REPLY_TOKENS) // 256) * 256)
    expected = predicted.resident_bytes - untouched
    off = expected - figures.resident_bytes
    print(
        f"{what}{_apart(predicted, loaded.memory)}{predicted.resident_bytes / MIB:11.1f}"
        f"{expected / MIB:10.1f}{figures.resident_bytes / MIB:10.1f}{figures.peak_bytes / MIB:9.1f}{off / MIB:+8.1f}"
        f"{100 * off / figures.resident_bytes:+6.1f} %{figures.prompt_tokens:7}{load_s:7.1f}"
        f"{estimated or 0:7.1f}{figures.tokens_per_second:6.1f}{os.getloadavg()[0]:7.1f}",
        flush=True,
    )


def _apart(predicted: MemoryUse, real: MemoryUse) -> str:
    pairs = ((getattr(predicted, name), getattr(real, name)) for name in ("weights_bytes", "kv_bytes", "compute_bytes"))
    return "".join(f"{one - other:>9}" for one, other in pairs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(REAL_MODELS))
    parser.add_argument("--disk", type=Path, help="where there is room; default: the system's temporary folder")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    print("bytes apart from llama.cpp's books; worker in MiB; prompt in tokens; tokens/s estimated and measured")
    print(
        f"{'model':9}{'context':>8}{'KV':>6}{'weights':>9}{'KV':>9}{'compute':>9}{'predicted':>11}{'less mask':>10}"
        f"{'measured':>10}"
        f"{'peak':>9}{'error':>8}{'':8}{'prompt':>7}{'load s':>7}{'est.':>7}{'real':>6}{'busy':>7}"
    )
    with tempfile.TemporaryDirectory(prefix="satchel-real-size-", dir=options.disk) as folder:
        services = Services.open(Home(Path(folder) / "home").create())
        try:
            for name in options.models or REAL_MODELS:
                if shutil.disk_usage(folder).free < REAL_MODELS[name].file_bytes + DISK_RESERVE_BYTES:
                    print(f"{name}: too little room on the disk")
                    continue
                path = write_real(Path(folder), name)
                for case in CASES:
                    if case.model == name:
                        run(case, path, services.home, services)
                path.unlink()
        finally:
            services.close()


if __name__ == "__main__":
    main()
