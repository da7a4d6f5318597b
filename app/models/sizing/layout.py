"""What a loaded model takes in memory, device by device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HOST = "CPU"
"""The device that is main memory; the other names are llama.cpp's ("CUDA0", "Vulkan1", "MTL0")."""

Source = Literal["llama.cpp", "log", "formula"]
"""Who says so: llama.cpp's own books, to the byte; the lines it logs, rounded to 0.01 MiB; or our closed forms."""


@dataclass(frozen=True)
class DeviceParts:
    """What llama.cpp puts on one device, in bytes. ``kv_bytes``: KV cache and recurrent state."""

    device: str
    weights_bytes: int = 0
    kv_bytes: int = 0
    compute_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """All of it on this device."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes


@dataclass(frozen=True)
class Layout:
    """What a loaded model takes, in bytes.

    ``other_bytes``: main memory that llama.cpp does not count, namely the logits, the vocabulary's tables and the
    worker process itself. ``untouched_bytes``: of all that, what is reserved and not expected ever to be written to,
    so that the system gives no memory for it.
    """

    devices: tuple[DeviceParts, ...]
    other_bytes: int
    untouched_bytes: int = 0
    source: Source = "formula"

    @classmethod
    def on_host(cls, weights_bytes: int, kv_bytes: int, compute_bytes: int, other_bytes: int) -> Layout:
        """All of it in main memory."""
        return cls((DeviceParts(HOST, weights_bytes, kv_bytes, compute_bytes),), other_bytes)

    def on(self, device: str) -> DeviceParts:
        """The parts on one device; zeros when there is nothing on it."""
        return next((parts for parts in self.devices if parts.device == device), DeviceParts(device))

    @property
    def weights_bytes(self) -> int:
        """Weights on all devices."""
        return sum(parts.weights_bytes for parts in self.devices)

    @property
    def kv_bytes(self) -> int:
        """KV cache and recurrent state on all devices."""
        return sum(parts.kv_bytes for parts in self.devices)

    @property
    def compute_bytes(self) -> int:
        """Compute buffers on all devices."""
        return sum(parts.compute_bytes for parts in self.devices)

    @property
    def total_bytes(self) -> int:
        """All of it, on all devices."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.other_bytes

    @property
    def committed_bytes(self) -> int:
        """Main memory that the worker asks the system for."""
        return self.on(HOST).total_bytes + self.other_bytes

    @property
    def resident_bytes(self) -> int:
        """Main memory that the worker is expected to fill once the context is full."""
        return self.committed_bytes - self.untouched_bytes
