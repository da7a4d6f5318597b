"""Speed is smoothed, connections are added only where they bring more, and patience has an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.models.download.outcomes import TryLater
from app.models.download.pace import LaneChoice, Pace
from app.models.download.patience import Patience, Timing

GB = 10**9


def test_speed_follows_what_arrives_smoothly() -> None:
    pace = Pace()
    for tick in range(41):
        pace.note(tick * 0.25, int(tick * 0.25 * 10e6))
    assert pace.bytes_per_s == pytest.approx(10e6, rel=0.01)
    pace.note(10.5, 100_000_000 + 20_000_000)
    assert 10e6 < pace.bytes_per_s < 20e6
    for tick in range(200):
        pace.note(11 + tick, 120_000_000)
    assert pace.bytes_per_s == 0.0


def lanes_after(seconds: int, rate: Callable[[int], float], size: int = 1000 * GB) -> list[int]:
    """The number of connections at each second, on a line that brings ``rate`` of so many connections."""
    choice, done, counts = LaneChoice(), 0.0, []
    for second in range(seconds):
        choice.note(float(second), int(done), size)
        done += rate(choice.count)
        counts.append(choice.count)
    return counts


def test_one_connection_stays_where_it_fills_the_line() -> None:
    counts = lanes_after(40, lambda count: 50e6)
    assert max(counts) == 2
    assert counts.count(1) > 30
    assert counts[-1] == 1


def test_more_connections_are_used_where_each_is_slow() -> None:
    assert lanes_after(30, lambda count: count * 10e6)[-1] == 4
    assert lanes_after(30, lambda count: min(count, 2) * 10e6)[-1] == 2


def test_the_rest_of_a_file_is_not_worth_a_trial() -> None:
    assert set(lanes_after(30, lambda count: count * 1e6, size=60_000_000)) == {1}


def test_a_server_that_asks_for_a_pause_gets_one_connection() -> None:
    choice = LaneChoice()
    choice.count = 4
    choice.ease(100.0)
    choice.note(101.0, 0, GB)
    choice.note(104.0, 10**8, GB)
    assert choice.count == 1


def test_waits_double_and_a_pause_that_was_asked_for_is_made() -> None:
    patience = Patience(Timing(first_wait_s=8.0, longest_wait_s=20.0))
    patience.failed(TryLater("It broke."))
    assert 3.0 < patience.wait_s <= 8.0
    assert patience.why == "It broke."
    patience.failed(TryLater("Another connection, for the same reason."))
    assert patience.wait_s <= 8.0
    patience.failed(TryLater("Asked.", 30.0))
    assert 29.0 < patience.wait_s <= 30.0
    assert not patience.over


def test_patience_is_over_without_bytes_and_a_trickle_does_not_count() -> None:
    patience = Patience(Timing(give_up_s=-1.0))
    assert patience.over
    patience.arrived(10)
    assert patience.over
    forgiven = Patience(Timing(give_up_s=3600.0))
    forgiven.arrived(100_000)
    assert not forgiven.over
