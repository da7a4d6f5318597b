"""Which GPUs a model is spread over: ggml's list of devices, and llama.cpp's rule for it. Stands in for machines with
GPUs, which nothing here has."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from app.inference.backend import accelerators

GB = 10**9
CPU, GPU, IGPU, ACCEL = 0, 1, 2, 3


@dataclass
class Device:
    """One of ggml's devices."""

    name: str
    kind: int
    slot: str = ""
    total: int = 8 * GB
    free: int = 7 * GB


class Ggml:
    """ggml's functions on devices, by its C signatures. A device's address is its number in the list, from 1."""

    def __init__(self, *devices: Device) -> None:
        self.devices = devices

    def ggml_backend_dev_count(self) -> int:
        return len(self.devices)

    def ggml_backend_dev_get(self, index: int) -> int:
        return index + 1

    def ggml_backend_dev_type(self, device: int) -> int:
        return self.devices[device - 1].kind

    def ggml_backend_dev_name(self, device: int) -> bytes:
        return self.devices[device - 1].name.encode()

    def ggml_backend_dev_description(self, device: int) -> bytes:
        return f"card at {self.devices[device - 1].slot}".encode()

    def ggml_backend_dev_memory(self, device: int, free: Any, total: Any) -> None:
        free._obj.value, total._obj.value = self.devices[device - 1].free, self.devices[device - 1].total

    def ggml_backend_dev_get_props(self, device: int, properties: Any) -> None:
        told, found = properties._obj, self.devices[device - 1]
        told.memory_free, told.memory_total, told.type = found.free, found.total, found.kind
        self.kept = ctypes.create_string_buffer(found.slot.encode())
        told.device_id = ctypes.addressof(self.kept) if found.slot else None


def names(*devices: Device) -> list[str]:
    return [each.name for each in accelerators(Ggml(*devices))]


def test_the_processor_and_its_helpers_are_no_gpus() -> None:
    assert names(Device("CPU", CPU), Device("BLAS", ACCEL)) == []


def test_what_is_told_of_a_gpu() -> None:
    (found,) = accelerators(Ggml(Device("CUDA0", GPU, "0000:01:00.0"), Device("CPU", CPU)))
    assert (found.name, found.kind, found.pci_bus_id) == ("CUDA0", "gpu", "0000:01:00.0")
    assert (found.memory_total_bytes, found.memory_free_bytes) == (8 * GB, 7 * GB)


def test_an_integrated_gpu_beside_a_card_gets_nothing() -> None:
    assert names(Device("Vulkan0", IGPU), Device("Vulkan1", GPU)) == ["Vulkan1"]


def test_an_integrated_gpu_alone_is_used() -> None:
    assert names(Device("Vulkan0", IGPU), Device("Vulkan1", IGPU), Device("SYCL0", IGPU)) == ["Vulkan0", "Vulkan1"]


def test_a_card_that_two_backends_show_counts_once() -> None:
    cuda = (Device("CUDA0", GPU, "0000:01:00.0"), Device("CUDA1", GPU, "0000:02:00.0"))
    vulkan = (Device("Vulkan0", GPU, "0000:01:00.0"), Device("Vulkan1", GPU, "0000:03:00.0"), Device("Vulkan2", GPU))
    assert names(*cuda, *vulkan) == ["CUDA0", "CUDA1", "Vulkan1", "Vulkan2"]
