"""How many threads are fastest here, found by a short measurement.

Generation waits for memory and for the other threads: a small model is often fastest with fewer threads than cores.
A prompt is arithmetic and wants them all. (SmolLM2-135M at Q8_0 on an idle 2-core machine, tokens/s with 1 and 2
threads: generating 125 and 75, prompt 560 and 1,070.)

Other programs spoil the measurement, and against many threads more than against few. What was found on a busy machine
is therefore *provisional*: generating keeps the measured count, which is the one that does best among others, a prompt
gets all cores, which is right on nearly every machine, and the next load on an idle machine measures again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.hardware.busy import BUSY_SHARE

BUDGET_S = 2.0
_ROUNDS = 3
_WORTH = 1.03
"""More threads have to be this much faster: they take cores from the rest of the machine."""


@dataclass(frozen=True)
class ThreadCounts:
    """Threads for generating tokens one by one, and for computing a prompt in batches.

    ``provisional``: measured while the machine was busy with something else.
    """

    decode: int
    prompt: int
    provisional: bool = False

    def as_dict(self) -> dict[str, int]:
        """As ``Loaded.threads_measured`` carries it."""
        return {"decode": self.decode, "prompt": self.prompt, "provisional": int(self.provisional)}

    @classmethod
    def known(cls, values: Mapping[str, int], logical_cores: int) -> ThreadCounts | None:
        """From what :meth:`as_dict` gave before; None if that is missing or from a larger machine."""
        decode, prompt = values.get("decode", 0), values.get("prompt", 0)
        if not (1 <= decode <= logical_cores and 1 <= prompt <= logical_cores):
            return None
        return cls(decode, prompt, bool(values.get("provisional", 0)))


def candidates(physical_cores: int, usable_cores: int) -> list[int]:
    """Thread counts worth trying, the likeliest first: as many as usable physical cores, then fewer, then
    hyperthreads."""
    cores = max(1, min(physical_cores, usable_cores))
    wanted = [cores, cores // 2, cores * 3 // 4, usable_cores if usable_cores <= 16 else cores]
    return list(dict.fromkeys(count for count in wanted if count >= 1))


def needed(known: ThreadCounts | None, busy: float) -> bool:
    """Whether to measure now. ``busy``: the share of the machine that others use (:class:`BusyMeter`)."""
    return known is None or (known.provisional and busy < BUSY_SHARE)


def judged(measured: ThreadCounts, counts: Sequence[int], busy: float) -> ThreadCounts:
    """What to believe of a measurement of ``counts`` (from :func:`candidates`), in which others were ``busy``."""
    return measured if busy < BUSY_SHARE else ThreadCounts(measured.decode, counts[0], provisional=True)


def fastest(times_s: Mapping[int, Sequence[float]]) -> int:
    """The count with the best time; a smaller one that is nearly as fast wins. Best of each: noise only ever slows."""
    best = {count: min(times) for count, times in times_s.items() if times}
    limit = min(best.values()) * _WORTH
    return min(count for count, seconds in best.items() if seconds <= limit)


def measure(
    counts: Sequence[int],
    run_decode: Callable[[int], object],
    run_prompt: Callable[[int], object],
    on_progress: Callable[[float], None],
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.perf_counter,
) -> ThreadCounts:
    """Time both kinds of work at each count, in rounds, until ``budget_s`` is used up.

    A large model may only get through the first counts; the others are then not considered.
    """
    decode: dict[int, list[float]] = {}
    prompt: dict[int, list[float]] = {}
    steps = [
        (runs, times, n)
        for _ in range(_ROUNDS)
        for n in counts
        for runs, times in ((run_decode, decode), (run_prompt, prompt))
    ]
    started = clock()
    for number, (run, times, count) in enumerate(steps):
        before = clock()
        # The first step of each kind has to be done, or there would be no answer at all.
        if number >= 2 and before - started > budget_s:
            break
        run(count)
        times.setdefault(count, []).append(clock() - before)
        on_progress((number + 1) / len(steps))
    return ThreadCounts(fastest(decode), fastest(prompt))
