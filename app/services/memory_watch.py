"""Warns before memory runs out while a model is loaded: the system ends programs then, without asking which."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

import psutil

from app.core.sizes import size_text
from app.hardware.pressure import MemoryReading, read_memory
from app.hardware.pressure_level import PressureGauge, PressureLevel
from app.services.events import Event, MemoryPressure, ModelState, ModelStateChanged, Publish

log = logging.getLogger(__name__)

INTERVAL_S = 1.5


def resident_bytes(pid: int | None) -> int:
    """Memory of a process that is in RAM now; 0 when it is gone."""
    if pid is None:
        return 0
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


class MemoryWatch:
    """One thread, which runs only while a model is loaded or being loaded. Publishes :class:`MemoryPressure` when the
    level changes.

    ``worker_pid``: the process that has the model. The composition root connects :meth:`listen` to the event hub.
    """

    def __init__(
        self,
        publish: Publish,
        worker_pid: Callable[[], int | None],
        *,
        read: Callable[[], MemoryReading] = read_memory,
        resident: Callable[[int | None], int] = resident_bytes,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._publish = publish
        self._worker_pid = worker_pid
        self._read = read
        self._resident = resident
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._stop: threading.Event | None = None
        self._title = ""

    @property
    def running(self) -> bool:
        """Whether memory is watched now."""
        return self._stop is not None

    def listen(self, event: Event) -> None:
        """Start with a load, stop with its end."""
        if isinstance(event, ModelStateChanged):
            self._follow(event.state)

    def close(self) -> None:
        """Stop watching."""
        self._end()

    def _follow(self, state: ModelState) -> None:
        if state.phase not in ("loading", "ready"):
            self._end()
            return
        with self._lock:
            self._title = state.model.title if state.model is not None else "The model"
            if self._stop is not None:
                return
            self._stop = stop = threading.Event()
        threading.Thread(target=self._watch, args=(stop,), name="memory watch", daemon=True).start()

    def _end(self) -> None:
        with self._lock:
            if self._stop is not None:
                self._stop.set()
                self._stop = None

    def _watch(self, stop: threading.Event) -> None:
        gauge = PressureGauge()
        while not stop.wait(self._interval_s):
            try:
                before, reading = gauge.level, self._read()
                level = gauge.read(reading)
            except (OSError, psutil.Error):
                log.warning("memory could not be read", exc_info=True)
                continue
            if level != before and not stop.is_set():
                sentence = self._sentence(level, reading)
                log.info("memory pressure %s: %s", level, sentence)
                self._publish(MemoryPressure(level, sentence))
        if gauge.level != "ok":  # the model is gone, and with it the reason for the warning
            self._publish(MemoryPressure("ok", "No model is loaded any more."))

    def _sentence(self, level: PressureLevel, reading: MemoryReading) -> str:
        free, total = size_text(reading.available_bytes), size_text(reading.total_bytes)
        of = f"the {total} that this container may use" if reading.contained else total
        if level == "ok":
            return f"There is enough memory again: {free} of {of} are free."
        model = self._resident(self._worker_pid())
        others = max(0, reading.total_bytes - reading.available_bytes - model)
        takes = f"{self._title} takes {size_text(model)}, everything else {size_text(others)}."
        if level == "warning":
            return (
                f"Memory is getting short: {free} of {of} are free. {takes} "
                "Close what you do not need, or load the model with a smaller context."
            )
        return (
            f"Memory is nearly used up: {free} of {of} are free. {takes} "
            "The system may soon end programs to get memory back: unload the model, or close other programs."
        )
