"""A stand-in for NVIDIA's NVML at the boundary: pynvml's functions and errors, with cards that exist nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

import pynvml

GB = 10**9
_Told = TypeVar("_Told", int, str)


@dataclass
class Card:
    """A card, or a MIG instance of one. ``instances`` None: a card without MIG. Codes are NVML's errors."""

    name: str = "RTX"
    total: int = 100
    free: int = 60
    instances: list[Card | int] | None = None
    uuid: str = ""
    bus_id: str = ""
    clock_mhz: int = 0
    bus_bits: int = 0
    memory_error: int | None = None
    mig_error: int | None = None


class FakeNvml:
    """Behaves like the module ``pynvml``. ``cards``: what is plugged in, or the error code that the slot gives."""

    NVMLError = pynvml.NVMLError

    def __init__(self, cards: list[Card | int] | None = None, init_error: int | None = None) -> None:
        self.cards = cards or []
        self.init_error = init_error
        self.running = False
        self.unplugged: list[Card | int] | None = None
        """The cards that are left after they were counted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("NVML_"):
            return getattr(pynvml, name)
        raise AttributeError(name)

    def nvmlInit(self) -> None:
        _fail(self.init_error)
        self.running = True

    def nvmlShutdown(self) -> None:
        self._needs_init()
        self.running = False

    def nvmlSystemGetDriverVersion(self) -> bytes:
        self._needs_init()
        return b"570.1"

    def nvmlDeviceGetCount(self) -> int:
        self._needs_init()
        counted = len(self.cards)
        if self.unplugged is not None:
            self.cards = self.unplugged
        return counted

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:
        self._needs_init()
        return _found(self.cards, index, pynvml.NVML_ERROR_INVALID_ARGUMENT)

    def nvmlDeviceGetMigMode(self, card: Card) -> tuple[int, int]:
        _fail(card.mig_error)
        if card.instances is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return pynvml.NVML_DEVICE_MIG_ENABLE, pynvml.NVML_DEVICE_MIG_ENABLE

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, index: int) -> Card:
        return _found(card.instances or [], index, pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetMemoryInfo(self, device: Card) -> Any:
        _fail(device.memory_error)
        return SimpleNamespace(total=device.total, free=device.free, used=device.total - device.free)

    def nvmlDeviceGetName(self, device: Card) -> str:
        return device.name

    def nvmlDeviceGetUUID(self, device: Card) -> str:
        return _told(device.uuid)

    def nvmlDeviceGetPciInfo(self, device: Card) -> Any:
        return SimpleNamespace(busId=_told(device.bus_id).encode())

    def nvmlDeviceGetMaxClockInfo(self, device: Card, kind: int) -> int:
        assert kind == pynvml.NVML_CLOCK_MEM
        return _told(device.clock_mhz)

    def nvmlDeviceGetMemoryBusWidth(self, device: Card) -> int:
        return _told(device.bus_bits)

    def _needs_init(self) -> None:
        if not self.running:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)


def _fail(code: int | None) -> None:
    if code is not None:
        raise pynvml.NVMLError(code)


def _found(cards: list[Card | int], index: int, missing: int) -> Card:
    if index >= len(cards):
        raise pynvml.NVMLError(missing)
    card = cards[index]
    if isinstance(card, int):
        raise pynvml.NVMLError(card)
    return card


def _told(value: _Told) -> _Told:
    if not value:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    return value
