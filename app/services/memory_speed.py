"""How fast this machine reads its memory, measured once, and how much of what that predicts models really reach."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from app.chat.transcript import RunFigures
from app.core.errors import SatchelError
from app.hardware.bandwidth import measure_bandwidth
from app.hardware.machine import Machine
from app.inference.protocol import Loaded
from app.models.gguf import Header
from app.models.model import LibraryModel
from app.models.sizing import HOST, Layout
from app.models.speed import read_share, tokens_per_s
from app.services.events import Event, ModelStateChanged
from app.storage.facts import Facts

_LEAST_TOKENS = 24
"""A shorter reply says little of the speed."""
_WEIGHT = 0.3
"""Of a new reply's ratio, against all before."""
_SMALLEST_CHANGE = 0.02


class MemorySpeed:
    """Kept per machine. Safe from any thread. ``read_header``: of a model file (:meth:`ModelSizer.read`)."""

    def __init__(
        self,
        facts: Facts,
        machine: Callable[[], Machine],
        read_header: Callable[[Path], Header],
        measure: Callable[[int, int], float] = measure_bandwidth,
    ) -> None:
        self._facts = facts
        self._machine = machine
        self._read_header = read_header
        self._measure = measure
        self._lock = threading.Lock()

    def bytes_per_s(self, machine: Machine) -> float:
        """How fast main memory is read. The first call on a machine measures it (a third of a second); 0.0 where it
        cannot be measured now."""
        key = f"memory-speed/{_identity(machine)}"
        with self._lock:
            known = self._facts.get(key)
            if known is not None:
                return float(known)
            threads = min(machine.physical_cores, machine.usable_cores)
            measured = self._measure(threads, machine.memory_available_bytes)
            if measured > 0:
                measured = round(measured, -8)
                self._facts.set(key, str(measured))
            return measured

    def ratio(self, quantization: str) -> float:
        """Tokens a second measured here over those predicted: for this quantization, else the mean of all that were
        measured, else 1.0."""
        ratios = self._ratios(self._machine())
        if quantization in ratios:
            return ratios[quantization]
        return sum(ratios.values()) / len(ratios) if ratios else 1.0

    def listen(self, event: Event) -> None:
        """Learn from each reply. The composition root connects it to the event hub."""
        if isinstance(event, ModelStateChanged) and event.state.last_figures is not None:
            model, loaded = event.state.model, event.state.loaded
            if model is not None and loaded is not None:
                self.note(model, loaded, event.state.last_figures)

    def note(self, model: LibraryModel, loaded: Loaded, figures: RunFigures) -> None:
        """Learn from one reply of a model that is wholly in main memory; others say nothing of the processor."""
        memory = loaded.memory
        if figures.completion_tokens < _LEAST_TOKENS or any(each.device != HOST for each in memory.buffers):
            return
        machine = self._machine()
        speed = self._facts.get(f"memory-speed/{_identity(machine)}")
        if speed is None:  # nobody has asked for an estimate here yet
            return
        try:
            share = read_share(self._read_header(Path(model.path)))
        except SatchelError:  # the file is gone, or another one now
            return
        layout = Layout.on_host(memory.weights_bytes, memory.kv_bytes, memory.compute_bytes, 0)
        filled = min(1.0, (figures.prompt_tokens + figures.completion_tokens / 2) / max(1, loaded.n_ctx))
        predicted = tokens_per_s(layout, share, {HOST: float(speed)}, filled)
        if predicted is None or figures.tokens_per_second <= 0:
            return
        self._learn(machine, model.summary.quantization, figures.tokens_per_second / predicted)

    def _learn(self, machine: Machine, quantization: str, ratio: float) -> None:
        with self._lock:
            ratios = self._ratios(machine)
            before = ratios.get(quantization)
            learned = round(ratio if before is None else before + _WEIGHT * (ratio - before), 2)
            if before is None or abs(learned - before) >= _SMALLEST_CHANGE:  # a write waits for the disk
                self._facts.set(f"speed-ratios/{_identity(machine)}", json.dumps({**ratios, quantization: learned}))

    def _ratios(self, machine: Machine) -> dict[str, float]:
        ratios: dict[str, float] = json.loads(self._facts.get(f"speed-ratios/{_identity(machine)}") or "{}")
        return ratios


def _identity(machine: Machine) -> str:
    return f"{machine.processor}/{machine.physical_cores}-{machine.usable_cores}"
