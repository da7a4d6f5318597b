from __future__ import annotations

from pathlib import Path

import pytest

from app.models.device_verdict import verdict_by_device
from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.model import Verdict
from app.models.plan import Room
from app.models.sizing import GpuShare, estimate
from tests.helpers import gguf_files
from tests.helpers.plans import GB, MB, room


@pytest.fixture
def header(tmp_path: Path) -> Header:
    """8 billion parameters at Q4_0: 4.5 GB."""
    path = gguf_files.llama(
        tmp_path / "m.gguf", n_layers=32, n_embd=4096, n_ff=14_336, n_heads=32, n_heads_kv=8, n_vocab=128_256
    )
    return read_header(path)


def judged(header: Header, machine: Room, n_ctx: int = 4096) -> Verdict:
    gpus = [GpuShare(gpu.device, float(gpu.free_bytes)) for gpu in machine.gpus]
    return verdict_by_device(header, n_ctx, "f16", machine, estimate(header, n_ctx, gpus=gpus))


def test_each_device_has_room(header: Header) -> None:
    verdict = judged(header, room(14 * GB, 8 * GB))
    assert verdict.fit == "fits"
    assert verdict.sentence == (
        "Fits: takes 4.9 GB of the 8.0 GB on GPU 0 and 437 MB of the 14.0 GB in memory that are free."
    )
    assert [parts.device for parts in verdict.devices] == ["CPU", "CUDA0"]
    assert verdict.available_bytes == 22 * GB
    assert not verdict.measured_by_llama


def test_a_reserve_that_would_be_touched_on_one_device(header: Header) -> None:
    verdict = judged(header, room(14 * GB, 5200 * MB))
    assert verdict.fit == "tight"
    assert verdict.sentence.endswith("that are free; only 315 MB would be left on GPU 0 for everything else.")


def test_plenty_of_memory_does_not_help_a_full_gpu(header: Header) -> None:
    verdict = judged(header, room(64 * GB, 4 * GB))
    assert verdict.fit == "does_not_fit"
    assert verdict.sentence == (
        "Does not fit: needs 4.9 GB on GPU 0, where 4.0 GB are free. With 22 of 33 layers on the GPU it would."
    )


def test_a_gpu_that_takes_nothing(header: Header) -> None:
    verdict = judged(header, room(64 * GB, 300 * MB))
    assert verdict.sentence.endswith("With all layers on the processor it would.")


def test_a_smaller_context_when_only_that_helps(header: Header) -> None:
    verdict = judged(header, room(2 * GB, 6 * GB), n_ctx=65_536)
    assert verdict.sentence.endswith(
        "With a context of 15,360 tokens instead of 65,536 and 28 of 33 layers on the GPU it would."
    )


def test_nothing_helps_but_more_memory(header: Header) -> None:
    verdict = judged(header, room(1 * GB, 1 * GB))
    assert verdict.sentence.endswith("Close other programs, or choose a smaller model or quantization.")


def test_unified_memory_is_counted_once(header: Header) -> None:
    machine = room(8 * GB, 6 * GB, unified=True)
    verdict = judged(header, machine)
    assert verdict.fit == "fits"
    assert verdict.available_bytes == 8 * GB
    assert verdict.sentence == (
        "Fits: takes 4.9 GB of the 6.0 GB on GPU 0 and 5.3 GB of the 8.0 GB in memory that are free."
    )


def test_what_a_gpu_has_is_not_left_in_main_memory(header: Header) -> None:
    apart, shared = judged(header, room(14 * GB, 8 * GB)), judged(header, room(8 * GB, 6 * GB, unified=True))
    assert apart.memory_available_bytes == 14 * GB
    on_gpu = sum(parts.total_bytes for parts in shared.devices if parts.device != "CPU")
    assert shared.memory_available_bytes == 8 * GB - on_gpu
