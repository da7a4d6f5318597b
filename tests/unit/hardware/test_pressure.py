from __future__ import annotations

from pathlib import Path

import pytest

from app.hardware.bandwidth import ReadSpeed, measure_bandwidth
from app.hardware.cgroup import CgroupLimits
from app.hardware.pressure import Stalls, read_memory, read_stalls

LINES = "some avg10={some} avg60=0.87 avg300=0.26 total=1509\nfull avg10={full} avg60=0.10 avg300=0.02 total=509\n"


def test_the_worse_of_machine_and_own_group(tmp_path: Path) -> None:
    (tmp_path / "system").write_text(LINES.format(some="12.50", full="0.00"))
    (tmp_path / "memory.pressure").write_text(LINES.format(some="3.00", full="2.00"))
    assert read_stalls(tmp_path / "system", tmp_path) == Stalls(0.125, 0.02)


@pytest.mark.parametrize("text", ["", "some", "some avg10=", "some avg10=x total=1", "\x00", "odd avg10=5.0"])
def test_a_kernel_that_writes_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "system").write_text(text)
    assert read_stalls(tmp_path / "system", tmp_path) == Stalls()


def test_no_stalls_where_none_are_told(tmp_path: Path) -> None:
    assert read_stalls(tmp_path / "none", tmp_path) == Stalls()


def test_this_machine_makes_sense() -> None:
    reading = read_memory()
    assert 0 < reading.available_bytes <= reading.total_bytes
    assert 0.0 <= reading.stalls.full <= reading.stalls.some <= 1.0


def test_a_container_has_its_own_memory() -> None:
    tight = read_memory(CgroupLimits(memory_limit_bytes=2_000_000, memory_free_bytes=500_000))
    assert (tight.total_bytes, tight.available_bytes, tight.contained) == (2_000_000, 500_000, True)
    machine = read_memory(CgroupLimits())
    wide = read_memory(CgroupLimits(memory_limit_bytes=2**60, memory_free_bytes=2**59))
    assert (wide.total_bytes, wide.contained) == (machine.total_bytes, False)
    assert wide.available_bytes <= machine.total_bytes


def test_speed_is_bytes_of_the_best_pass_over_its_time_for_each_number_of_threads() -> None:
    # Passes of 2 and 1 seconds by one thread, of 0.5 and 3 by two; the time is asked for once more after each round.
    times = iter([0.0, 0.0, 2.0, 2.0, 2.5, 2.5, 2.5, 3.5, 3.5, 6.5, 6.5])
    assert measure_bandwidth([1, 2], 200_000_000, budget_s=5.0, clock=lambda: next(times)) == (
        ReadSpeed(1, 20_000_000),
        ReadSpeed(2, 40_000_000),
    )


def test_nothing_is_measured_where_little_is_free() -> None:
    assert measure_bandwidth([1, 2], 79_000_000) == ()
