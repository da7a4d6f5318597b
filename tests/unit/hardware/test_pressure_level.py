from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.pressure import MemoryReading, Stalls
from app.hardware.pressure_level import READINGS, PressureGauge

GB = 10**9


def levels(gauge: PressureGauge, *free_gb: float, swapped: int = 0) -> list[str]:
    return [gauge.read(MemoryReading(16 * GB, int(free * GB), swapped)) for free in free_gb]


def test_two_readings_in_a_row_warn() -> None:
    assert levels(PressureGauge(), 8, 0.6, 3, 0.6, 0.6) == ["ok", "ok", "ok", "ok", "warning"]


def test_what_is_nearly_used_up_is_said_at_once() -> None:
    assert levels(PressureGauge(), 8, 0.3) == ["ok", "critical"]


def test_a_small_machine_has_an_absolute_limit() -> None:
    gauge = PressureGauge()
    assert [gauge.read(MemoryReading(2 * GB, 390_000_000)) for _ in range(2)] == ["ok", "warning"]
    assert gauge.read(MemoryReading(2 * GB, 190_000_000)) == "critical"


def test_a_warning_ends_after_calm_with_something_to_spare() -> None:
    gauge = PressureGauge()
    levels(gauge, 0.6, 0.6)
    # 0.7 GB is above the limit of 0.64 GB, and not by enough.
    assert set(levels(gauge, *[0.7] * 3 * READINGS)) == {"warning"}
    assert levels(gauge, *[1.2] * READINGS) == ["warning"] * (READINGS - 1) + ["ok"]


def test_one_bad_reading_starts_the_calm_anew() -> None:
    gauge = PressureGauge()
    levels(gauge, 0.6, 0.6)
    readings = [*[1.2] * (READINGS - 1), 0.7, *[1.2] * (READINGS - 1)]
    assert set(levels(gauge, *readings)) == {"warning"}
    assert levels(gauge, 1.2) == ["ok"]


def test_critical_goes_down_by_way_of_a_warning() -> None:
    gauge = PressureGauge()
    levels(gauge, 0.1)
    assert levels(gauge, *[0.7] * READINGS)[-1] == "warning"


@pytest.mark.parametrize(
    ("stalls", "level"),
    [
        (Stalls(0.2, 0.0), "ok"),
        (Stalls(0.3, 0.0), "warning"),
        (Stalls(0.1, 0.09), "warning"),
        (Stalls(0.5, 0.35), "critical"),
    ],
)
def test_programs_that_wait_for_memory_are_a_sign_although_some_is_free(stalls: Stalls, level: str) -> None:
    gauge = PressureGauge()
    reading = MemoryReading(16 * GB, 4 * GB, 0, stalls)
    assert [gauge.read(reading) for _ in range(2)][-1] == level


def test_swapping_out_is_a_sign_only_when_little_is_free() -> None:
    for free, level in ((3.0, "warning"), (9.0, "ok")):
        gauge = PressureGauge()
        levels(gauge, free, swapped=100)
        assert levels(gauge, free, free, swapped=300_000_000)[-1] == level


def test_swap_that_stays_full_is_no_sign() -> None:
    assert set(levels(PressureGauge(), *[3.0] * 20, swapped=8 * GB)) == {"ok"}


@given(st.lists(st.floats(0, 16), min_size=1, max_size=60))
def test_the_level_is_never_better_than_two_readings_in_a_row(free: list[float]) -> None:
    gauge = PressureGauge()
    found = levels(gauge, *free)
    for first, second, level in zip(free, free[1:], found[1:], strict=False):
        if max(first, second) < 0.64:
            assert level != "ok"
        if second < 0.32:
            assert level == "critical"
