"""How fast this machine reads its memory, measured while it is idle, and how much of that models really reach."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from app.chat.transcript import RunFigures
from app.core.errors import SatchelError
from app.hardware.bandwidth import ReadSpeed, measure_bandwidth
from app.hardware.busy import BUSY_SHARE, BusyMeter
from app.hardware.machine import Machine
from app.inference.protocol import Loaded
from app.inference.threads import candidates
from app.models.gguf import Header
from app.models.model import LibraryModel
from app.models.sizing import HOST, Layout
from app.models.speed import Speeds, token_cost, tokens_per_s
from app.services.events import Event, ModelStateChanged
from app.storage.facts import Facts

_LEAST_TOKENS = 24
"""A shorter reply says little of the speed."""
_WEIGHT = 0.3
"""Of a new reply's ratio, against all before."""
_SMALLEST_CHANGE = 0.02
AGAIN_S = 60.0


class Meter(Protocol):
    """How busy the machine is with others' work since the meter was made."""

    def share(self) -> float:
        """Of all processors, 0.0 to 1.0."""


class _Known(msgspec.Struct, frozen=True):
    """The best values so far, by the number of threads. ``settled``: they were measured while the machine was idle."""

    by_threads: dict[int, float]
    settled: bool = False

    @property
    def readers(self) -> tuple[ReadSpeed, ...]:
        """As a plan takes them."""
        return tuple(ReadSpeed(threads, speed) for threads, speed in sorted(self.by_threads.items()))

    @property
    def fastest(self) -> float:
        """Bytes a second, of the number of threads that reads fastest."""
        return max(self.by_threads.values(), default=0.0)

    def with_better(self, measured: Sequence[ReadSpeed], settled: bool) -> _Known:
        """The best of these and of what was measured now."""
        better = {each.threads: max(each.bytes_per_s, self.by_threads.get(each.threads, 0.0)) for each in measured}
        return _Known({**self.by_threads, **better}, settled)


class MemorySpeed:
    """Kept per machine. Safe from any thread. ``read_header``: of a model file (:meth:`ModelSizer.read`)."""

    def __init__(
        self,
        facts: Facts,
        machine: Callable[[], Machine],
        read_header: Callable[[Path], Header],
        measure: Callable[[Sequence[int], int], Sequence[ReadSpeed]] = measure_bandwidth,
        meter: Callable[[], Meter] = BusyMeter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._facts = facts
        self._machine = machine
        self._read_header = read_header
        self._measure = measure
        self._meter = meter
        self._clock = clock
        self._measured_at = float("-inf")
        self._lock = threading.Lock()

    def readers(self, machine: Machine) -> tuple[ReadSpeed, ...]:
        """How fast main memory is read by each number of threads that a load tries; empty where it cannot be measured
        now.

        The first call on a machine measures it (half a second). While others keep the machine busy that says too
        little, so it is measured again, at most once in :data:`AGAIN_S`, until the machine was idle; the best counts.
        """
        with self._lock:
            known = self._known(machine) or _Known({})
            if known.settled or (known.by_threads and self._clock() - self._measured_at < AGAIN_S):
                return known.readers
            counts, meanwhile = candidates(machine.physical_cores, machine.usable_cores), self._meter()
            measured = self._measure(sorted(counts), machine.memory_available_bytes)
            self._measured_at = self._clock()
            if not measured:
                return known.readers
            rounded = [ReadSpeed(each.threads, round(each.bytes_per_s, -8)) for each in measured]
            found = known.with_better(rounded, meanwhile.share() < BUSY_SHARE)
            self._facts.set(_speed_key(machine), msgspec.json.encode(found).decode())
            if found.fastest > known.fastest > 0:  # what replies taught was of the other values
                faster = known.fastest / found.fastest
                ratios = {name: ratio * faster for name, ratio in self._ratios(machine).items()}
                self._facts.set(_ratios_key(machine), json.dumps(ratios))
            return found.readers

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
        known = self._known(machine)
        if known is None:  # nobody has asked for an estimate here yet
            return
        try:
            header = self._read_header(Path(model.path))
        except SatchelError:  # the file is gone, or another one now
            return
        layout = Layout.on_host(memory.weights_bytes, memory.kv_bytes, memory.compute_bytes, 0)
        filled = min(1.0, (figures.prompt_tokens + figures.completion_tokens / 2) / max(1, loaded.n_ctx))
        speeds = Speeds(known.readers)
        predicted = tokens_per_s(layout, token_cost(header), speeds, filled=filled, threads=loaded.n_threads)
        if predicted is None or figures.tokens_per_second <= 0:
            return
        self._learn(machine, model.summary.quantization, figures.tokens_per_second / predicted)

    def _learn(self, machine: Machine, quantization: str, ratio: float) -> None:
        with self._lock:
            ratios = self._ratios(machine)
            before = ratios.get(quantization)
            learned = round(ratio if before is None else before + _WEIGHT * (ratio - before), 2)
            if before is None or abs(learned - before) >= _SMALLEST_CHANGE:  # a write waits for the disk
                self._facts.set(_ratios_key(machine), json.dumps({**ratios, quantization: learned}))

    def _known(self, machine: Machine) -> _Known | None:
        text = self._facts.get(_speed_key(machine))
        return msgspec.json.decode(text, type=_Known) if text is not None else None

    def _ratios(self, machine: Machine) -> dict[str, float]:
        ratios: dict[str, float] = json.loads(self._facts.get(_ratios_key(machine)) or "{}")
        return ratios


def _speed_key(machine: Machine) -> str:
    return f"memory-speeds/{_identity(machine)}"


def _ratios_key(machine: Machine) -> str:
    return f"reply-speed-ratios/{_identity(machine)}"


def _identity(machine: Machine) -> str:
    return f"{machine.processor}/{machine.physical_cores}-{machine.usable_cores}"
