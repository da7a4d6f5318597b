from __future__ import annotations

from dataclasses import replace

from app.hardware.bandwidth import ReadSpeed
from app.hardware.machine import Accelerator, Gpu, Machine
from app.models.plan import Room
from app.models.room import STEP_BYTES, make_room
from app.models.sizing import HOST
from app.models.verdict import reserve_bytes

GB = 10**9
STEP = STEP_BYTES
PC = Machine("Ryzen 7", 8, 16, 8, 16 * GB, 9 * STEP, system="Linux 6.1 x86_64")
RTX = Accelerator("CUDA0", "RTX 4070", "gpu", 12 * GB, 11 * GB, "0000:01:00.0")


def gpus(room: Room) -> list[tuple[str, str, int]]:
    return [(gpu.device, gpu.label, gpu.free_bytes) for gpu in room.gpus]


def test_main_memory_in_whole_steps_with_what_is_given_back() -> None:
    room = make_room(replace(PC, memory_available_bytes=9 * STEP + 5), replaced={HOST: 2 * STEP - 6})
    assert room.memory.free_bytes == 10 * STEP
    assert room.memory.reserve_bytes == reserve_bytes(10 * STEP)
    assert room.memory.total_bytes == 16 * GB
    assert room.gpus == ()


def test_a_flicker_of_free_memory_changes_nothing() -> None:
    rooms = {
        make_room(replace(PC, memory_available_bytes=9 * STEP + flicker)) for flicker in range(0, STEP, STEP // 20)
    }
    assert len(rooms) == 1


def test_a_gpu_that_the_driver_knows_by_its_slot() -> None:
    # CUDA puts the faster card first, NVML goes by slot.
    known = (
        Gpu(0, "GTX 1060", 6 * GB, 50 * STEP, pci_bus_id="0000:01:00.0", bytes_per_s=192e9),
        Gpu(1, "RTX 4070", 12 * GB, 150 * STEP, pci_bus_id="0000:02:00.0", bytes_per_s=504e9),
    )
    seen = (replace(RTX, pci_bus_id="0000:02:00.0"), replace(RTX, name="CUDA1", description="GTX 1060"))
    room = make_room(replace(PC, gpus=known), seen, replaced={"CUDA0": 3 * STEP})
    assert gpus(room) == [("CUDA0", "GPU 1 (RTX 4070)", 153 * STEP), ("CUDA1", "GPU 0 (GTX 1060)", 50 * STEP)]
    assert [gpu.bytes_per_s for gpu in room.gpus] == [504e9, 192e9]


def test_two_equal_gpus_without_slots_are_taken_in_order() -> None:
    known = (Gpu(0, "A40", 48 * GB, 10 * STEP), Gpu(1, "A40", 48 * GB, 20 * STEP))
    seen = tuple(Accelerator(f"CUDA{n}", "A40", "gpu", 48 * GB, 0) for n in range(2))
    assert gpus(make_room(replace(PC, gpus=known), seen)) == [
        ("CUDA0", "GPU 0 (A40)", 10 * STEP),
        ("CUDA1", "GPU 1 (A40)", 20 * STEP),
    ]


def test_the_mig_instance_that_cuda_shows() -> None:
    known = tuple(Gpu(0, f"H100 MIG {n}g", n * 10 * GB, n * STEP, pci_bus_id="0000:01:00.0") for n in (1, 2, 3))
    seen = Accelerator("CUDA0", "NVIDIA H100", "gpu", int(19.8 * GB), 0, "0000:01:00.0")
    assert gpus(make_room(replace(PC, gpus=known), [seen])) == [("CUDA0", "GPU 0 (NVIDIA H100)", 2 * STEP)]


def test_a_gpu_of_amd_or_intel_is_as_llama_cpp_says() -> None:
    radeon = Accelerator("Vulkan0", "AMD Radeon RX 7800 XT", "gpu", 16 * GB, 200 * STEP)
    room = make_room(PC, [radeon])
    assert gpus(room) == [("Vulkan0", "GPU 0 (AMD Radeon RX 7800 XT)", 200 * STEP)]
    assert not room.gpus[0].unified
    assert room.gpus[0].reserve_bytes == reserve_bytes(200 * STEP)


def test_memory_that_the_gpu_shares_is_known_as_such() -> None:
    mac = replace(PC, system="Darwin 24.1 arm64")
    apple = Accelerator("MTL0", "Apple M2", "gpu", 6 * STEP, 6 * STEP)
    intel = Accelerator("Vulkan0", "Intel Iris Xe", "integrated", 0, 0)
    spark = Accelerator("CUDA0", "GB10", "gpu", 0, 0)
    driver = Gpu(0, "GB10", 0, 0, unified=True)
    for machine, accelerator, limit in (
        (mac, apple, 6 * STEP),
        (PC, intel, 9 * STEP),
        (replace(PC, gpus=(driver,)), spark, 9 * STEP),
    ):
        (gpu,) = make_room(machine, [accelerator], readers=(ReadSpeed(1, 60e9), ReadSpeed(8, 100e9))).gpus
        assert gpu.unified
        assert (gpu.free_bytes, gpu.reserve_bytes, gpu.bytes_per_s) == (limit, 0, 100e9)


def test_a_graphics_card_in_an_intel_mac_has_its_own_memory() -> None:
    mac = replace(PC, system="Darwin 22.1 x86_64")
    (gpu,) = make_room(mac, [Accelerator("MTL0", "AMD Radeon Pro 5500M", "gpu", 8 * GB, 7 * GB)]).gpus
    assert not gpu.unified
