"""How long a verdict takes (part of tests.bench.sizing)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from app.core.paths import Home
from app.inference.client import InferenceClient
from app.models.model import Verdict
from app.services.model_sizer import ModelSizer
from app.storage.measurements import LayoutRecords
from app.storage.schema import open_database
from tests.helpers.synthetic_models import Storage, write


def latency(home: Home, folder: Path, starter: Path) -> None:
    """From nothing, from a warm probe, from the database after a restart, and from memory."""
    print("\nverdicts, ms (references: 50 cached, 1,500 not)")
    print(f"{'model':24}{'first of all':>13}{'probe warm':>12}{'from database':>15}{'from memory':>13}")
    database = open_database(home)
    large = write(folder, "llama", Storage(vocabulary=262_144))
    for name, path in (("starter (49,152 tokens)", starter), ("262,144 tokens", large)):
        client = InferenceClient(home)
        first, warm, stored, kept = _times(client, LayoutRecords(database), path)
        client.close()
        print(f"{name:24}{first:13.0f}{warm:12.0f}{stored:15.1f}{kept:13.2f}", flush=True)
    database.close()


def _times(client: InferenceClient, records: LayoutRecords, path: Path) -> tuple[float, float, float, float]:
    def fresh() -> ModelSizer:
        return ModelSizer(client, lambda: 16 * 10**9, layouts=records)

    sizer = fresh()
    first = _ms(lambda: sizer.verdict(path, 4096, "f16", measure=True))
    warm = _ms(lambda: fresh().verdict(path, 2048, "f16", measure=True))
    stored = _ms(lambda: fresh().verdict(path, 4096, "f16", measure=True))
    return first, warm, stored, _ms(lambda: sizer.verdict(path, 4096, "f16", measure=True))


def _ms(work: Callable[[], Verdict]) -> float:
    started = time.perf_counter()
    assert work().measured_by_llama
    return 1000 * (time.perf_counter() - started)
