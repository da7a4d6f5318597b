"""Plans without llama.cpp: headers of models that exist nowhere, and a sizer that answers as formulas do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import ModelError, NetworkError, WorkerDied
from app.core.paths import Home
from app.hardware.bandwidth import ReadSpeed
from app.hardware.machine import Accelerator, Gpu, Machine
from app.inference.protocol import Backend, BufferUse, Loaded, LoadSettings, MemoryUse
from app.models.gguf import Header
from app.models.hub.values import HubDetails, HubFile, HubModel
from app.models.model import LibraryModel, ModelSummary
from app.models.plan import ALL_LAYERS
from app.models.sizing import HOST, Layout, estimate
from app.models.summary import read_summary
from app.services.memory_speed import MemorySpeed
from app.services.planning import ModelPlanner
from app.storage.facts import Facts
from app.storage.schema import open_database
from tests.helpers import gguf_files
from tests.helpers.fake_libraries import model

GB = 10**9
CPU_BUILD = Backend("llama.cpp", False, ["CPU: Ryzen"], "")
CUDA = Backend(
    "llama.cpp", True, ["CUDA0: RTX", "CPU: Ryzen"], "", (Accelerator("CUDA0", "RTX", "gpu", 8 * GB, 8 * GB),)
)


class Sizes:
    """The sizer's answers by formulas; notes what it was asked. ``failure``: what it raises instead."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, LoadSettings]] = []
        self.failure: Exception | None = None
        self.made: dict[str, Path] = {}

    def read(self, path: Path) -> tuple[Header, ModelSummary]:
        return read_summary(path)

    def layout(self, path: Path, settings: LoadSettings) -> Layout | None:
        self.asked.append((path.name, settings))
        if self.failure is not None:
            raise self.failure
        return estimate(self.read(path)[0], settings.n_ctx, settings.kv_type)

    def quantized(self, path: Path, file_type: str) -> Header:
        if file_type not in self.made:
            raise WorkerDied("The probe ended.")
        return self.read(self.made[file_type])[0]

    def quantized_layout(self, path: Path, file_type: str, settings: LoadSettings) -> Layout | None:
        return self.layout(self.made[file_type], settings)


class Here:
    """A machine that can be changed."""

    def __init__(self) -> None:
        self.now = Machine("Ryzen 7", 8, 16, 8, 16 * GB, 12 * GB)
        self.llama = CPU_BUILD

    def read(self) -> Machine:
        return self.now

    def backend(self) -> Backend:
        return self.llama


class Library:
    """One model."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.machine = Here()
        self.threads: dict[int | None, int] = {}

    def models(self) -> list[LibraryModel]:
        return [model(3, str(self.path))]

    def threads_known(self, model_id: int | None = None) -> int:
        return self.threads.get(model_id, 0)


class Bench:
    """A planner with what it asks."""

    def __init__(self, home: Home, path: Path) -> None:
        self.library, self.sizes = Library(path), Sizes()
        self.loaded: Loaded | None = None
        self.headers: list[str] = []
        speed = MemorySpeed(
            Facts(open_database(home)),
            self.library.machine.read,
            lambda path: self.sizes.read(path)[0],
            lambda counts, _: [ReadSpeed(count, 50e9) for count in counts],
        )
        self.now = 0.0
        self.planner = ModelPlanner(
            self.library, self.sizes, speed, lambda: self.loaded, self.header_path, lambda: self.now
        )

    def header_path(self, file: HubFile) -> Path:
        self.headers.append(file.name)
        return self.library.path


def eight_billion(path: Path, kind: str = "Q8_0") -> Path:
    return gguf_files.llama(
        path, n_layers=32, n_embd=4096, n_ff=14_336, n_heads=32, n_heads_kv=8, n_vocab=128_256, kind=kind
    )


@pytest.fixture
def bench(home: Home, tmp_path: Path) -> Bench:
    return Bench(home, eight_billion(tmp_path / "m.gguf"))


def test_a_model_of_the_library(bench: Bench) -> None:
    plan = bench.planner.plan(3, 8192)
    assert plan.choice is not None
    assert plan.measured_by_llama
    assert (plan.choice.n_ctx, plan.choice.kv_type, plan.choice.n_gpu_layers) == (8192, "f16", 0)
    assert plan.choice.candidate.key == str(bench.library.path)
    # As a verdict asks, so that what it was told serves here.
    assert bench.sizes.asked == [("m.gguf", LoadSettings(n_ctx=8192, kv_type="f16", n_gpu_layers=-1))]
    assert plan.tokens_per_s == pytest.approx(0.6 * 50e9 / (plan.choice.candidate.bits_per_weight / 8 * 8e9), rel=0.2)


def test_threads_that_are_known_decide_the_estimate(bench: Bench) -> None:
    unknown = bench.planner.plan(3, 8192).tokens_per_s
    bench.library.threads = {3: 2}
    fewer = bench.planner.plan(3, 8192).tokens_per_s
    assert unknown is not None
    assert fewer is not None
    assert fewer == pytest.approx(unknown / 2, rel=0.1), "four is the smallest number that is measured here"


def test_the_same_question_gets_the_same_answer_although_free_memory_flickers(bench: Bench) -> None:
    answers = set()
    here = bench.library.machine
    for flicker in range(20):
        here.now = replace(here.now, memory_available_bytes=180 * 2**26 + flicker * 3_000_000)
        plan = bench.planner.plan(3, 32_768)
        answers.add((plan.choice, plan.reasons, plan.changes, plan.tokens_per_s))
    assert len(answers) == 1


def test_what_the_loaded_model_has_counts_as_free(bench: Bench) -> None:
    bench.library.machine.now = replace(bench.library.machine.now, memory_available_bytes=4 * GB)
    assert not bench.planner.plan(3).fits
    memory = MemoryUse(0, 0, 0, 0, resident_bytes=9 * GB)
    bench.loaded = Loaded("o.gguf", "o", "llama", 4096, 4096, 1, 1, 1, 0, True, memory, 0.1)
    assert bench.planner.plan(3).fits


def test_a_gpu_and_what_the_loaded_model_has_on_it(bench: Bench) -> None:
    bench.library.machine.llama = CUDA
    bench.library.machine.now = replace(bench.library.machine.now, gpus=(Gpu(0, "RTX", 12 * GB, 3 * GB),))
    plan = bench.planner.plan(3, 4096)
    assert plan.choice is not None
    assert 0 < plan.choice.n_gpu_layers < 33
    buffers = (BufferUse("CUDA0", "CUDA0", 8 * GB, GB // 2, GB // 2),)
    memory = MemoryUse(8 * GB, 0, 0, 0, resident_bytes=GB, buffers=buffers)
    bench.loaded = Loaded("o.gguf", "o", "llama", 4096, 4096, 1, 1, 1, -1, True, memory, 0.1)
    assert [gpu.free_bytes // GB for gpu in bench.planner.room().gpus] == [11]
    whole = bench.planner.plan(3, 4096)
    assert whole.choice is not None
    assert whole.choice.n_gpu_layers == ALL_LAYERS
    assert bench.sizes.asked[-1][1].n_gpu_layers == ALL_LAYERS


def test_a_gpu_that_this_llama_cpp_cannot_use_is_not_counted(bench: Bench) -> None:
    bench.library.machine.now = replace(bench.library.machine.now, gpus=(Gpu(0, "RTX", 12 * GB, 11 * GB),))
    assert bench.planner.room().gpus == ()
    assert bench.planner.gpu_room() is None


def test_a_verdict_knows_the_gpus_that_llama_cpp_can_use(bench: Bench) -> None:
    bench.library.machine.llama = CUDA
    bench.library.machine.now = replace(bench.library.machine.now, gpus=(Gpu(0, "RTX", 12 * GB, 11 * GB),))
    room = bench.planner.gpu_room()
    assert room is not None
    assert [gpu.device for gpu in room.gpus] == ["CUDA0"]
    bench.library.machine.now = replace(bench.library.machine.now, gpus=())
    assert bench.planner.gpu_room() is room, "one reading for a list of many"


def test_other_makers_gpus_are_known_from_the_first_plan_on(bench: Bench) -> None:
    radeon = Accelerator("Vulkan0", "Radeon", "gpu", 16 * GB, 15 * GB)
    bench.library.machine.llama = Backend("llama.cpp", True, ["Vulkan0: Radeon"], "", (radeon,))
    assert bench.planner.gpu_room() is None
    bench.planner.plan(3)
    bench.now = 1.5
    room = bench.planner.gpu_room()
    assert room is not None
    assert room.gpus[0].free_bytes // GB == 14


def test_where_llama_cpp_cannot_be_asked_the_formulas_stand(bench: Bench) -> None:
    bench.sizes.failure = WorkerDied("The probe ended.")
    plan = bench.planner.plan(3)
    assert plan.fits
    assert not plan.measured_by_llama


def test_quantizations_that_could_be_made(bench: Bench, tmp_path: Path) -> None:
    bench.sizes.made = {
        "Q4_0": eight_billion(tmp_path / "q4.gguf", "Q4_0"),
        "F16": eight_billion(tmp_path / "f", "F16"),
    }
    bench.library.machine.now = replace(bench.library.machine.now, memory_available_bytes=7 * GB)
    assert not bench.planner.plan(3).fits
    plan = bench.planner.plan(3, quantizations=("F16", "Q4_0", "Q2_K"))
    assert plan.choice is not None
    assert (plan.choice.candidate.name, plan.choice.candidate.key) == ("Q4_0", "quantize:Q4_0")
    assert plan.measured_by_llama


def test_a_model_that_is_gone(bench: Bench) -> None:
    with pytest.raises(ModelError, match="not in the library"):
        bench.planner.plan(4)


# -- repositories ---------------------------------------------------------------------------------------------------


def hub_file(quantization: str, size_bytes: int, role: str = "model") -> HubFile:
    name = f"m-{quantization}.gguf"
    return HubFile("a/m", "c0", name, (name,), (size_bytes,), ("",), quantization, role)  # type: ignore[arg-type]


def repository(*files: HubFile) -> HubDetails:
    return HubDetails(HubModel("a/m", "a", "m"), files, "", "c0")


def test_the_best_file_of_a_repository_from_the_header_of_one(bench: Bench, tmp_path: Path) -> None:
    bench.library.path = eight_billion(tmp_path / "typical.gguf", "Q4_0")
    size = bench.library.path.stat().st_size
    files = [
        hub_file("F16", 4 * size),
        hub_file("Q8_0", 2 * size),
        hub_file("Q4_K_M", size),
        hub_file("Q2_K", size // 2),
        hub_file("mmproj", GB, "projector"),
    ]
    bench.library.machine.now = replace(bench.library.machine.now, memory_available_bytes=7 * GB)
    bench.sizes.failure = NetworkError("The hub was not reached.")
    plan = bench.planner.plan(repository(*files), 4096)
    assert plan.choice is not None
    assert (plan.choice.candidate.name, plan.choice.candidate.key) == ("Q4_K_M", "m-Q4_K_M.gguf")
    assert not plan.measured_by_llama
    assert set(bench.headers) == {"m-Q4_K_M.gguf"}
    assert plan.choice.devices[0].device == HOST
    assert size < plan.choice.total_bytes < size + 1.5 * GB
    bench.library.machine.now = replace(bench.library.machine.now, memory_available_bytes=16 * GB)
    assert bench.planner.plan(repository(*files), 4096).reasons[0] == (
        "Q4_K_M is faster than Q8_0, which would fit, but only write about 3 tokens a second."
    )


def test_a_repository_without_a_model(bench: Bench) -> None:
    with pytest.raises(ModelError, match="no model to choose"):
        bench.planner.plan(repository(hub_file("mmproj", GB, "projector")))
