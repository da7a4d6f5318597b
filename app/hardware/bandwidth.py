"""How fast this machine's processor reads its memory: what bounds the speed of generating.

Measured by reading: a buffer larger than the caches, by as many threads as a model would use, and the best pass of
those that a third of a second allows, because other programs only ever slow it down.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

BUDGET_S = 0.35
BUFFER_BYTES = 128_000_000
"""Of it four fifths miss a last-level cache of 32 MB; a tenth of what is free where that is less."""
_LEAST_BYTES = 8_000_000


def measure_bandwidth(
    threads: int,
    free_bytes: int,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Bytes a second, of ``threads`` readers together. Takes ``budget_s`` and at most 128 MB for that time.

    0.0 when less than 80 MB are free: nothing can be said then.
    """
    import numpy as np  # a tenth of a second that the start of the window does not pay

    size = min(BUFFER_BYTES, free_bytes // 10)
    if size < _LEAST_BYTES:
        return 0.0
    buffer = np.ones(size // 8, np.uint64)
    parts = np.array_split(buffer, max(1, threads))
    best = float("inf")
    with ThreadPoolExecutor(len(parts)) as readers:
        list(readers.map(np.add.reduce, parts))  # starts the threads
        started = clock()
        while True:
            before = clock()
            list(readers.map(np.add.reduce, parts))
            now = clock()
            best = min(best, now - before)
            if now - started >= budget_s:
                return buffer.nbytes / best
