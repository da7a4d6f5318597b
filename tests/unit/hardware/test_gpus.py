"""The NVIDIA driver is a boundary: a stand-in for its library plays each way it can be."""

from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from app.hardware.gpus import NO_DRIVER, read_gpus
from app.hardware.machine import Gpu


class FakeNvml:
    """Behaves like pynvml with ``cards``: a SimpleNamespace each, or the error code that the card gives."""

    NVMLError = pynvml.NVMLError

    def __init__(self, cards: list[Any] | None = None, init_error: int | None = None) -> None:
        self.cards = cards or []
        self.init_error = init_error
        self.running = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("NVML_"):
            return getattr(pynvml, name)
        raise AttributeError(name)

    def nvmlInit(self) -> None:
        if self.init_error is not None:
            raise pynvml.NVMLError(self.init_error)
        self.running = True

    def nvmlShutdown(self) -> None:
        self.running = False

    def nvmlSystemGetDriverVersion(self) -> bytes:
        return b"570.1"

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        if isinstance(self.cards[index], int):
            raise pynvml.NVMLError(self.cards[index])
        return self.cards[index]

    def nvmlDeviceGetMigMode(self, card: Any) -> tuple[int, int]:
        if card.instances is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return pynvml.NVML_DEVICE_MIG_ENABLE, 1

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Any) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Any, index: int) -> Any:
        if index >= len(card.instances):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return card.instances[index]

    def nvmlDeviceGetMemoryInfo(self, device: Any) -> Any:
        return SimpleNamespace(total=device.total, free=device.free)

    def nvmlDeviceGetName(self, device: Any) -> str:
        return str(device.name)


def card(name: str = "RTX", total: int = 100, free: int = 60, instances: list[Any] | None = None) -> SimpleNamespace:
    return SimpleNamespace(name=name, total=total, free=free, instances=instances)


def test_each_gpu_with_its_memory() -> None:
    nvml = FakeNvml([card("A"), card("B", 200, 10)])
    assert read_gpus(nvml) == ((Gpu(0, "A", 100, 60, "570.1"), Gpu(1, "B", 200, 10, "570.1")), "")
    assert not nvml.running


def test_mig_instances_in_place_of_their_card() -> None:
    gpus, problem = read_gpus(FakeNvml([card("H100", instances=[card("1g.10gb", 10, 9), card("2g.20gb", 20, 19)])]))
    assert [(gpu.index, gpu.name, gpu.memory_total_bytes) for gpu in gpus] == [(0, "1g.10gb", 10), (0, "2g.20gb", 20)]
    assert problem == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, NO_DRIVER),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "installed but not running"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not use"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "restart the machine"),
        (pynvml.NVML_ERROR_UNKNOWN, "Unknown Error"),
    ],
)
def test_no_way_in_is_said_in_words(code: int, words: str) -> None:
    gpus, problem = read_gpus(FakeNvml(init_error=code))
    assert gpus == ()
    assert words in problem


def test_a_driver_without_a_gpu() -> None:
    gpus, problem = read_gpus(FakeNvml([]))
    assert gpus == ()
    assert "sees no GPU" in problem


def test_one_lost_gpu_does_not_hide_the_other() -> None:
    gpus, problem = read_gpus(FakeNvml([pynvml.NVML_ERROR_GPU_IS_LOST, card("B")]))
    assert [gpu.name for gpu in gpus] == ["B"]
    assert problem.startswith("GPU 0 could not be read.")


def test_the_real_library_answers_here() -> None:
    gpus, problem = read_gpus()
    assert gpus or problem
