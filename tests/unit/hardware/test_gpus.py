"""The NVIDIA driver is a boundary: a stand-in for its library plays each way it can be."""

import pynvml
import pytest

from app.hardware.gpus import NO_DRIVER, read_gpus
from app.hardware.machine import Gpu
from tests.helpers.nvml import GB, Card, FakeNvml


def test_each_gpu_with_its_memory() -> None:
    nvml = FakeNvml([Card("A"), Card("B", 200, 10)])
    assert read_gpus(nvml) == ((Gpu(0, "A", 100, 60, "570.1"), Gpu(1, "B", 200, 10, "570.1")), "")
    assert not nvml.running


def test_what_a_card_tells_beyond_its_memory() -> None:
    card = Card("RTX 4090", uuid="GPU-1", bus_id="00000000:C1:00.0", clock_mhz=10_501, bus_bits=384)
    (gpu,), _ = read_gpus(FakeNvml([card]))
    assert (gpu.uuid, gpu.pci_bus_id) == ("GPU-1", "0000:c1:00.0")
    assert gpu.bytes_per_s == pytest.approx(1008e9, rel=0.001)
    assert not gpu.unified


def test_mig_instances_in_place_of_their_card() -> None:
    instances: list[Card | int] = [
        Card("H100 MIG 1g.10gb", 10 * GB, 9 * GB, uuid="MIG-a"),
        pynvml.NVML_ERROR_NOT_FOUND,
        Card("H100 MIG 2g.20gb", 20 * GB, 19 * GB, uuid="MIG-b"),
    ]
    card = Card("H100", 80 * GB, 50 * GB, instances, bus_id="00000000:01:00.0", clock_mhz=2619, bus_bits=5120)
    gpus, problem = read_gpus(FakeNvml([card]))
    assert [(gpu.index, gpu.name, gpu.memory_total_bytes, gpu.uuid, gpu.pci_bus_id) for gpu in gpus] == [
        (0, "H100 MIG 1g.10gb", 10 * GB, "MIG-a", "0000:01:00.0"),
        (0, "H100 MIG 2g.20gb", 20 * GB, "MIG-b", "0000:01:00.0"),
    ]
    assert gpus[1].bytes_per_s == pytest.approx(3352e9 / 4, rel=0.001)
    assert problem == ""


def test_mig_where_the_card_itself_may_not_be_asked() -> None:
    card = Card("H100", instances=[Card("1g", 10, 9)], memory_error=pynvml.NVML_ERROR_NO_PERMISSION)
    gpus, problem = read_gpus(FakeNvml([card]))
    assert [(gpu.name, gpu.memory_free_bytes) for gpu in gpus] == [("1g", 9)]
    assert problem == ""


def test_mig_without_an_instance_says_that_nothing_can_run() -> None:
    gpus, problem = read_gpus(FakeNvml([Card("H100", instances=[])]))
    assert gpus == ()
    assert "has no instance" in problem


def test_an_instance_that_may_not_be_used_does_not_hide_the_others() -> None:
    card = Card("H100", instances=[pynvml.NVML_ERROR_NO_PERMISSION, Card("2g", 20, 19)])
    gpus, problem = read_gpus(FakeNvml([card]))
    assert [gpu.name for gpu in gpus] == ["2g"]
    assert problem.startswith("An instance of GPU 0 could not be read. This account may not use")


def test_a_gpu_that_has_main_memory_for_its_own() -> None:
    (gpu,), problem = read_gpus(FakeNvml([Card("GB10", memory_error=pynvml.NVML_ERROR_NOT_SUPPORTED)]))
    assert gpu.unified
    assert (gpu.memory_total_bytes, gpu.memory_free_bytes) == (0, 0)
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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_GPU_IS_LOST, "stopped answering"),
        (pynvml.NVML_ERROR_RESET_REQUIRED, "has to be reset"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not use"),
        (pynvml.NVML_ERROR_INSUFFICIENT_POWER, "power cables"),
        (pynvml.NVML_ERROR_IRQ_ISSUE, "interrupts"),
    ],
)
def test_one_gpu_that_cannot_be_used_does_not_hide_the_other(code: int, words: str) -> None:
    gpus, problem = read_gpus(FakeNvml([code, Card("B")]))
    assert [gpu.name for gpu in gpus] == ["B"]
    assert problem.startswith("GPU 0 could not be read.")
    assert words in problem


@pytest.mark.parametrize("card", [Card(memory_error=15), Card(mig_error=15)], ids=["memory", "mig"])
def test_a_gpu_that_is_lost_while_it_is_read(card: Card) -> None:
    assert pynvml.NVML_ERROR_GPU_IS_LOST == 15
    gpus, problem = read_gpus(FakeNvml([card, Card("B")]))
    assert [gpu.name for gpu in gpus] == ["B"]
    assert problem == "GPU 0 could not be read. The GPU has stopped answering: restart the machine."


def test_a_gpu_that_is_unplugged_between_counting_and_reading() -> None:
    nvml = FakeNvml([Card("A"), Card("B")])
    nvml.unplugged = [Card("A")]
    gpus, problem = read_gpus(nvml)
    assert [gpu.name for gpu in gpus] == ["A"]
    assert problem == "GPU 1 could not be read. It is not there any more."


def test_a_gpu_that_is_plugged_in_or_out_between_two_readings() -> None:
    nvml = FakeNvml([Card("A")])
    assert len(read_gpus(nvml)[0]) == 1
    nvml.cards.append(Card("B"))
    assert len(read_gpus(nvml)[0]) == 2
    nvml.cards.clear()
    gpus, problem = read_gpus(nvml)
    assert gpus == ()
    assert "sees no GPU" in problem


def test_the_real_library_answers_here() -> None:
    gpus, problem = read_gpus()
    assert gpus or problem
