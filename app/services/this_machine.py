"""The machine that the models run on, and what this build of llama.cpp can use of it."""

from __future__ import annotations

from collections.abc import Callable

from app.hardware.machine import Machine
from app.hardware.words import describe
from app.inference.client import InferenceClient
from app.inference.protocol import Backend


class ThisMachine:
    """``read`` takes the machine's readings. Safe from any thread."""

    def __init__(self, inference: InferenceClient, read: Callable[[], Machine]) -> None:
        self._inference = inference
        self._backend: Backend | None = None
        self.read = read
        """What this machine has now."""

    def words(self, machine: Machine | None = None) -> list[str]:
        """A reading of the machine (None: a new one), and what this llama.cpp can use of it, in sentences."""
        backend = self.backend()
        return describe(machine or self.read(), backend.supports_gpu_offload, backend.devices, backend.accelerators)

    def backend(self) -> Backend:
        """What this build of llama.cpp can use; asked once, it does not change."""
        if self._backend is None:
            self._backend = self._inference.describe_backend()
        return self._backend
