"""What the planner says beside what is so: tokens a second estimated and measured, and how long a plan takes.

    python -m tests.bench.plan [--model FILE] [--threads N]

The model, and copies of it at Q4_1 and Q4_K_M: the estimate before this quantization was ever heard here, the speed of
a reply through the app, and the estimate after what another reply, before that one, had taught. References: a factor of
two before, 15 % after; a plan takes 3 s at most when llama.cpp has to be asked.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.core.paths import Home
from app.inference.protocol import LoadSettings
from app.models.plan import Wishes
from app.models.planning import make_plan
from app.services.compose import Services
from tests.helpers.plans import GB, LLAMA_8B, LLAMA_70B, room

TASK = "Write a long story about a lighthouse, with many details, in ten paragraphs."
CONTEXT = 1024
"""Half of it is what an estimate reckons with, and about what the replies here fill."""


def main() -> None:
    """Measure and print."""
    repository = Path(__file__).resolve().parents[2]
    models = Path(os.environ.get("SATCHEL_MODELS") or repository / ".models")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=models / "smollm2-135m-instruct-q8_0.gguf")
    parser.add_argument("--threads", type=int, default=0, help="for generating; 0: as measured at load")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        smaller = [_quantized(repository, options.model, Path(folder), kind) for kind in ("Q4_1", "Q4_K_M")]
        services = Services.open(Home(Path(folder) / "home").create())
        try:
            print(f"load average {os.getloadavg()[0]:.1f}\n")
            _latencies(services, options.model)
            _speeds(services, [options.model, *smaller], options.threads)
        finally:
            services.close()
    _searches()


def _latencies(services: Services, path: Path) -> None:
    services.models.machine.backend()  # its process starts once, and not for a plan
    for what, question in (
        ("first plan on a machine (memory is measured, llama.cpp asked)", {}),
        ("the same again", {}),
        ("another context (llama.cpp asked)", {"n_ctx": 3000}),
        ("with three quantizations that do not exist", {"quantizations": ("Q6_K", "Q4_K_M", "Q4_0")}),
        ("the same again", {"quantizations": ("Q6_K", "Q4_K_M", "Q4_0")}),
    ):
        started = time.perf_counter()
        plan = services.planner.plan(path, **question)  # type: ignore[arg-type]
        print(f"{time.perf_counter() - started:6.2f} s  {what}{'' if plan.measured_by_llama else ' (by formulas)'}")
    print("  3.00 s  reference\n")


def _speeds(services: Services, files: list[Path], threads: int) -> None:
    read = ", ".join(f"{each.bytes_per_s / 1e9:.1f} ({each.threads})" for each in services.planner.room().readers)
    print(f"memory is read at GB/s (threads): {read}; tokens a second:")
    print(f"{'file':<36}{'estimated':>10}{'measured':>10}{'ratio':>7}{'afterwards':>12}{'ratio':>7}")
    for path in files:
        model = services.models.add(path)
        before = services.planner.plan(model.id, CONTEXT).tokens_per_s
        services.models.loaded.load(model.id, LoadSettings(n_ctx=CONTEXT, n_threads=threads))
        first = services.chat.send(services.chat.new_conversation().id, TASK).figures
        after = services.planner.plan(model.id, CONTEXT).tokens_per_s  # what the first reply taught
        figures = services.chat.send(services.chat.new_conversation().id, TASK).figures
        if before is None or after is None or first is None or figures is None:
            print(f"{path.name:<36} could not be measured")
            continue
        real = figures.tokens_per_second
        print(f"{path.name:<36}{before:10.1f}{real:10.1f}{before / real:7.2f}{after:12.1f}{after / real:7.2f}")
    print(f"{'reference':<56}{'0.5-2':>7}{'0.85-1.15':>19}\n")


def _searches() -> None:
    """The search alone, on machines that are not here."""
    machines = {"16 GB": room(16 * GB), "16 GB, GPU 8 GB": room(16 * GB, 8 * GB)}
    for name, machine in machines.items():
        for shape in (LLAMA_8B, LLAMA_70B):
            layout = shape.layout([(gpu.device, 1.0) for gpu in machine.gpus])
            started = time.perf_counter()
            make_plan(shape.candidates(), machine, layout, Wishes(32_768))
            print(f"{1000 * (time.perf_counter() - started):6.1f} ms  search, {shape.billions:.0f}B, 7 files, {name}")


def _quantized(repository: Path, source: Path, folder: Path, kind: str) -> Path:
    target = folder / f"{source.stem}-{kind.lower()}.gguf"
    maker = repository / "packaging" / "starter_models.py"
    command = [sys.executable, str(maker), "--quantize", str(source), str(target), kind, source.stem]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


if __name__ == "__main__":
    main()
