from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.hardware.pressure import MemoryReading
from app.hardware.pressure_level import READINGS
from app.services.events import Event, MemoryPressure, ModelState, ModelStateChanged
from app.services.memory_watch import MemoryWatch, resident_bytes
from tests.helpers.fake_libraries import model

GB = 10**9
LOADED = ModelStateChanged(ModelState("ready", model(1)))
GONE = ModelStateChanged(ModelState())


class Readings:
    """Gives what it is given, one reading after the other, and then the last one again and again."""

    def __init__(self, *free_gb: float, contained: bool = False) -> None:
        self._waiting = list(free_gb)
        self._contained = contained
        self.last = free_gb[0]

    def __call__(self) -> MemoryReading:
        if self._waiting:
            self.last = self._waiting.pop(0)
        return MemoryReading(16 * GB, int(self.last * GB), contained=self._contained)


@contextmanager
def watching(readings: Readings) -> Iterator[tuple[MemoryWatch, queue.Queue[Event]]]:
    told: queue.Queue[Event] = queue.Queue()
    watch = MemoryWatch(told.put, lambda: 7, read=readings, resident=lambda pid: 5 * GB, interval_s=0.001)
    watch.listen(LOADED)
    try:
        yield watch, told
    finally:
        watch.close()


def pressure(told: queue.Queue[Event]) -> MemoryPressure:
    event = told.get(timeout=10)
    assert isinstance(event, MemoryPressure)
    return event


def test_a_warning_says_who_takes_what_and_what_to_do_and_its_end_is_told() -> None:
    with watching(Readings(8, 0.5, 0.5, *[6.0] * READINGS)) as (_, told):
        first, second = pressure(told), pressure(told)
    assert first == MemoryPressure(
        "warning",
        "Memory is getting short: 500 MB of 16.0 GB are free. SmolLM2 135M Instruct takes 5.0 GB, everything else "
        "10.5 GB. Close what you do not need, or load the model with a smaller context.",
    )
    assert second == MemoryPressure("ok", "There is enough memory again: 6.0 GB of 16.0 GB are free.")


def test_nearly_used_up_in_a_container() -> None:
    with watching(Readings(0.1, contained=True)) as (_, told):
        event = pressure(told)
    assert event.level == "critical"
    assert event.sentence.startswith("Memory is nearly used up: 100 MB of the 16.0 GB that this container may use")
    assert event.sentence.endswith("unload the model, or close other programs.")


def test_unloading_ends_the_warning_and_the_watching() -> None:
    with watching(Readings(0.1)) as (watch, told):
        assert pressure(told).level == "critical"
        assert watch.running
        watch.listen(GONE)
        assert not watch.running
        assert pressure(told) == MemoryPressure("ok", "No model is loaded any more.")


def test_nothing_is_watched_without_a_model() -> None:
    watch = MemoryWatch(lambda event: None, lambda: None)
    assert not watch.running
    watch.listen(GONE)
    assert not watch.running
    watch.listen(ModelStateChanged(ModelState("loading", model(1))))
    watch.listen(LOADED)
    assert watch.running
    watch.listen(ModelStateChanged(ModelState("failed", model(1))))
    assert not watch.running


def test_a_reading_that_fails_does_not_end_the_watching(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Readings):
        failed = False

        def __call__(self) -> MemoryReading:
            if not self.failed:
                self.failed = True
                raise OSError("/proc is gone")
            return super().__call__()

    with watching(Failing(0.1)) as (_, told):
        assert pressure(told).level == "critical"
    assert "memory could not be read" in caplog.text


def test_a_real_process_that_takes_memory_is_seen() -> None:
    command = "import sys; taken = bytearray(100_000_000); print(len(taken), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"100000000"
        assert 100_000_000 < resident_bytes(child.pid) < 300_000_000
    assert resident_bytes(None) == 0
    assert resident_bytes(child.pid) == 0
    assert resident_bytes(os.getpid()) > 0
