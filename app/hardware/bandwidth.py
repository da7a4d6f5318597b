"""How fast this machine's processor reads its memory: what bounds the speed of generating.

Measured by reading: a buffer larger than the caches, by as many threads as a model may use, and for each number of them
the best pass of those that half a second allows, because other programs only ever slow it down. One thread alone often
reads half as fast as all together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

BUDGET_S = 0.5
BUFFER_BYTES = 128_000_000
"""Of it four fifths miss a last-level cache of 32 MB; a tenth of what is free where that is less."""
_LEAST_BYTES = 8_000_000


@dataclass(frozen=True)
class ReadSpeed:
    """How fast so many threads together read main memory."""

    threads: int
    bytes_per_s: float


def measure_bandwidth(
    counts: Sequence[int],
    free_bytes: int,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[ReadSpeed, ...]:
    """The speed of each of these numbers of threads. Takes ``budget_s`` in all and at most 128 MB for that time.

    Nothing when less than 80 MB are free: nothing can be said then.
    """
    import numpy as np  # a tenth of a second that the start of the window does not pay

    size = min(BUFFER_BYTES, free_bytes // 10)
    if size < _LEAST_BYTES:
        return ()
    buffer = np.ones(size // 8, np.uint64)
    parts = {count: np.array_split(buffer, count) for count in counts}
    best = dict.fromkeys(counts, float("inf"))
    with ThreadPoolExecutor(max(counts)) as readers:
        list(readers.map(np.add.reduce, parts[max(counts)]))  # starts the threads
        started = clock()
        while True:  # in turns, so that what others do for a moment is not all one count's
            for count in counts:
                before = clock()
                list(readers.map(np.add.reduce, parts[count]))
                best[count] = min(best[count], clock() - before)
            if clock() - started >= budget_s:
                return tuple(ReadSpeed(count, buffer.nbytes / seconds) for count, seconds in sorted(best.items()))
