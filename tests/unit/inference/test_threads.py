import itertools

import pytest

from app.inference.threads import ThreadCounts, candidates, fastest, judged, measure, needed


@pytest.mark.parametrize(
    ("physical", "usable", "expected"),
    [(1, 1, [1]), (2, 2, [2, 1]), (4, 8, [4, 2, 3, 8]), (16, 32, [16, 8, 12]), (8, 3, [3, 1, 2]), (64, 1, [1])],
)
def test_candidates_begin_with_the_likeliest(physical: int, usable: int, expected: list[int]) -> None:
    assert candidates(physical, usable) == expected


def test_more_threads_must_be_worth_it() -> None:
    assert fastest({2: [1.0], 4: [0.98]}) == 2
    assert fastest({2: [1.0], 4: [0.6, 9.0]}) == 4
    assert fastest({4: [1.0], 2: [5.0]}) == 4


def test_both_kinds_of_work_are_measured_separately() -> None:
    now = 0.0

    def work(seconds: dict[int, float]):  # type: ignore[no-untyped-def]
        def run(count: int) -> None:
            nonlocal now
            now += seconds[count]

        return run

    progress: list[float] = []
    counts = measure([4, 2], work({4: 0.03, 2: 0.01}), work({4: 0.02, 2: 0.05}), progress.append, clock=lambda: now)
    assert counts == ThreadCounts(decode=2, prompt=4)
    assert progress[-1] == 1.0
    assert progress == sorted(progress)


def test_a_slow_model_is_measured_once_and_no_more() -> None:
    ran: list[int] = []
    ticks = itertools.count(step=10)
    counts = measure([4, 2, 1], ran.append, ran.append, lambda fraction: None, budget_s=2.0, clock=lambda: next(ticks))
    assert ran == [4, 4]
    assert counts == ThreadCounts(4, 4)


def test_counts_known_from_a_larger_machine_are_not_used() -> None:
    assert ThreadCounts.known({"decode": 2, "prompt": 4}, 4) == ThreadCounts(2, 4)
    assert ThreadCounts.known({"decode": 2, "prompt": 8}, 4) is None
    assert ThreadCounts.known({"decode": 2}, 4) is None
    assert ThreadCounts.known({}, 4) is None
    assert ThreadCounts.known(ThreadCounts(1, 2).as_dict(), 2) == ThreadCounts(1, 2)


def test_what_is_measured_on_a_busy_machine_is_provisional() -> None:
    found = ThreadCounts(decode=1, prompt=1)
    assert judged(found, [2, 1], busy=0.02) == found
    assert judged(found, [2, 1], busy=0.4) == ThreadCounts(decode=1, prompt=2, provisional=True)


def test_provisional_counts_are_measured_again_when_the_machine_is_idle() -> None:
    settled, provisional = ThreadCounts(1, 2), ThreadCounts(1, 2, provisional=True)
    assert needed(None, busy=0.9), "something has to be chosen"
    assert not needed(settled, busy=0.0)
    assert needed(provisional, busy=0.0)
    assert not needed(provisional, busy=0.5), "it would be no better than the last time"
    assert ThreadCounts.known(provisional.as_dict(), 2) == provisional
