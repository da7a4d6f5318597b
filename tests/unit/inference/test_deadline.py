import threading

import pytest

from app.inference.deadline import DeadlineMissed, call_within


def test_gives_the_result_or_the_error() -> None:
    assert call_within(5.0, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        call_within(5.0, lambda: 1 // 0)


def test_an_endless_loop_is_ended_not_only_left() -> None:
    threads: list[threading.Thread] = []

    def spin() -> None:
        threads.append(threading.current_thread())
        while True:
            try:
                sum(range(100))
            except Exception:  # noqa: BLE001 - what a template engine does
                continue

    with pytest.raises(DeadlineMissed):
        call_within(0.1, spin)
    assert not threads[0].is_alive()


def test_a_timeout_error_of_the_work_itself_stays_one() -> None:
    def late() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        call_within(5.0, late)
