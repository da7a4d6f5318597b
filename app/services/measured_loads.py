"""What loaded models really take on this machine, kept beside what was predicted."""

from __future__ import annotations

import statistics
import threading
from dataclasses import replace

import msgspec

from app.chat.transcript import RunFigures
from app.inference.protocol import Loaded, LoadSettings
from app.models.native import llama_cpp_version
from app.models.sizing import Layout
from app.storage.measurements import Measurement, MeasurementRecords, now

MOST_CORRECTION_BYTES = 256 * 2**20
TELLING_TOKENS = 512
"""A prompt of so many has filled the compute buffers; after less, a measurement is too low to learn from."""


class MeasuredLoads:
    """Remembers the load under way and what its replies say. Safe from any thread.

    ``machine``: from :func:`app.hardware.read.machine_key`.
    """

    def __init__(self, records: MeasurementRecords, machine: str) -> None:
        self._records = records
        self.machine = machine
        self._lock = threading.Lock()
        self._current: Measurement | None = None

    def loaded(
        self, model: str, file_name: str, size_bytes: int, settings: LoadSettings, predicted: Layout, loaded: Loaded
    ) -> None:
        """A model was loaded. ``model``: its header's key; ``predicted``: without a correction."""
        found = Measurement(
            model=model,
            file_name=file_name,
            size_bytes=size_bytes,
            settings=settings_text(settings),
            machine=self.machine,
            llama_cpp=llama_cpp_version(),
            predicted=predicted,
            resident_bytes=loaded.memory.resident_bytes,
            peak_bytes=max(loaded.memory.peak_bytes, loaded.memory.resident_bytes),
            tokens_per_s=0.0,
            prompt_tokens=0,
            measured_at=now(),
        )
        with self._lock:
            self._current = found
            self._records.keep(found)

    def replied(self, figures: RunFigures) -> None:
        """The loaded model has answered."""
        with self._lock:
            if self._current is None or not figures.resident_bytes:
                return
            before = self._current
            self._current = replace(
                before,
                resident_bytes=figures.resident_bytes,
                peak_bytes=max(before.peak_bytes, figures.peak_bytes, figures.resident_bytes),
                tokens_per_s=figures.tokens_per_second or before.tokens_per_s,
                prompt_tokens=max(before.prompt_tokens, figures.prompt_tokens - figures.cached_tokens),
                measured_at=now(),
            )
            self._records.keep(self._current)

    def of_model(self, model: str) -> tuple[Measurement, ...]:
        """What a model took, on any machine of this data folder, the newest first."""
        return self._records.of_model(model)

    def correction_bytes(self) -> int:
        """What workers take more on this machine than llama.cpp's books and our sums say; never negative.

        Only what depends on the machine (the process, its libraries) is corrected by it, so models do not matter.
        """
        found = [
            measured.peak_bytes - measured.predicted.resident_bytes
            for measured in self._records.of_machine(self.machine, llama_cpp_version())
            if measured.predicted.source == "llama.cpp" and measured.prompt_tokens >= TELLING_TOKENS
        ]
        return min(MOST_CORRECTION_BYTES, max(0, round(statistics.median(found)))) if found else 0


def settings_text(settings: LoadSettings) -> str:
    """Settings as a key: what does not change the memory is left out."""
    return msgspec.json.encode(msgspec.structs.replace(settings, n_threads=0)).decode()
