"""A worker that ends by itself is started again, but not for ever."""

from __future__ import annotations

import threading

from app.core.errors import BusyError
from app.services.restart import Restarter


def test_it_starts_again_three_times_in_five_minutes() -> None:
    clock = [0.0]
    starts = threading.Semaphore(0)
    restarter = Restarter(starts.release, now=lambda: clock[0])
    assert [restarter.ended() for _ in range(5)] == [True, True, True, False, False]
    for _ in range(3):
        assert starts.acquire(timeout=10)
    clock[0] = 301.0
    assert restarter.ended()
    assert starts.acquire(timeout=10)
    restarter.close()
    assert not starts.acquire(blocking=False)


def test_a_start_that_fails_does_no_harm_and_after_closing_there_is_none() -> None:
    tried = threading.Event()

    def fail() -> None:
        tried.set()
        raise BusyError("Another Satchel has it.")

    restarter = Restarter(fail)
    assert restarter.ended()
    restarter.close()
    assert tried.is_set()
    assert not restarter.ended()
