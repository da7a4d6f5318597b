from pathlib import Path

import pytest

from app.core.errors import ModelError, WorkerDied
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import Loaded, LoadSettings, MemoryUse
from app.services.model_sizer import ModelSizer
from tests.helpers import gguf_files
from tests.helpers.plans import room

MIB = 2**20


class Sizing(InferenceClient):
    """Lays nothing out: gives the answers it is told, and counts the questions."""

    answer: MemoryUse | Exception = MemoryUse(10 * MIB, 20 * MIB, 30 * MIB, MIB, 100 * MIB)
    asked = 0

    def probe(self, path: Path, settings: LoadSettings | None = None) -> MemoryUse:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def inference(home: Home) -> Sizing:
    return Sizing(home)


def test_llama_cpp_is_asked_once_for_each_choice(inference: Sizing, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    sizer = ModelSizer(inference, lambda: 16 * 10**9)
    quick = sizer.verdict(path, 4096, "f16")
    assert (quick.measured_by_llama, inference.asked) == (False, 0), "a list of many does not wait"
    verdict = sizer.verdict(path, 4096, "f16", measure=True)
    assert verdict.measured_by_llama
    assert (verdict.weights_bytes, verdict.kv_bytes, verdict.other_bytes) == (10 * MIB, 20 * MIB, 40 * MIB)
    assert sizer.verdict(path, 4096, "f16") == verdict, "what is known is shown in the list, too"
    assert inference.asked == 1
    sizer.verdict(path, 4096, "q8_0", measure=True)
    gguf_files.llama(path, n_layers=3)
    sizer.verdict(path, 4096, "f16", measure=True)
    assert inference.asked == 3, "another cache, another file"


def test_near_the_limit_llama_cpp_is_asked_in_any_case(inference: Sizing, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    assert ModelSizer(inference, lambda: 60 * MIB).verdict(path, 4096, "f16").measured_by_llama


def test_where_llama_cpp_cannot_be_asked_the_estimate_stands(inference: Sizing, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    sizer = ModelSizer(inference, lambda: 16 * 10**9)
    inference.answer = WorkerDied("The sizing process did not start.")
    verdict = sizer.verdict(path, 4096, "f16", measure=True)
    assert verdict.fit == "fits"
    assert not verdict.measured_by_llama
    inference.answer = ModelError("This file is damaged.")
    with pytest.raises(ModelError, match="damaged"):
        sizer.verdict(path, 4096, "f16", measure=True)


def test_each_gpu_has_to_have_room_where_llama_cpp_uses_one(inference: Sizing, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf", n_layers=8, n_embd=4096, n_ff=14_336, n_heads=32, n_heads_kv=8)
    sizer = ModelSizer(inference, lambda: 1, room=lambda: room(8 * 10**9, 4 * 10**9))
    verdict = sizer.verdict(path, 4096, "f16")
    assert verdict.fit == "fits"
    assert [parts.device for parts in verdict.devices] == ["CPU", "CUDA0"]
    assert inference.asked == 0
    small = ModelSizer(inference, lambda: 10**12, room=lambda: room(8 * 10**9, 10**9))
    assert small.verdict(path, 4096, "f16", measure=False).fit == "does_not_fit"
    assert small.verdict(path, 4096, "f16", measure=False, n_gpu_layers=0).fit == "fits"


def test_an_embedding_model_is_asked_about_in_the_one_way_that_it_is_loaded(
    inference: Sizing, embedding_model: Path
) -> None:
    sizer = ModelSizer(inference, lambda: 16 * 10**9)
    estimated = sizer.verdict(embedding_model, 512, "f16")
    assert (estimated.measured_by_llama, inference.asked) == (False, 0)
    assert estimated.weights_bytes > 20_000_000
    asked = sizer.verdict(embedding_model, 8192, "f16", measure=True)
    assert (asked.measured_by_llama, asked.n_ctx) == (True, 512)
    assert sizer.verdict(embedding_model, 512, "q8_0", measure=True, n_gpu_layers=0) == asked
    assert inference.asked == 1


def test_what_is_loaded_takes_what_its_verdict_said(inference: Sizing, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    sizer = ModelSizer(inference, lambda: 16 * 10**9)
    verdict = sizer.verdict(path, 4096, "f16", measure=True)
    # The process is not as large yet as it will be, and has what it had before.
    memory = MemoryUse(10 * MIB, 20 * MIB, 30 * MIB, MIB, resident_bytes=70 * MIB)
    loaded = Loaded("m.gguf", "m", "llama", verdict.n_ctx, verdict.n_ctx, 1, 1, 1, 0, True, memory, 0.1)
    taken = sizer.taken(path, LoadSettings(n_ctx=4096), loaded)
    assert (taken.weights_bytes, taken.kv_bytes) == (verdict.weights_bytes, verdict.kv_bytes)
    assert (taken.compute_bytes, taken.other_bytes) == (verdict.compute_bytes, verdict.other_bytes)
