"""What a model takes, read from the lines llama.cpp logs: no call of its API tells.

The buffers are logged one line each, per device::

    load_tensors:   CPU_REPACK model buffer size =    56.95 MiB
    llama_kv_cache: size =   90.00 MiB (  4096 cells,  30 layers,  1/1 seqs), K (f16): ...
    sched_reserve:        CPU compute buffer size =    17.51 MiB

When memory is only laid out (``no_alloc``), the "model buffer size" and "KV buffer size" lines say 0.00; weights then
come from :func:`llama_model_size`, and the cache from its own "size" line, which is right in both cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import psutil

from app.inference.protocol import MemoryUse
from app.models.native import LogLine

_BUFFER = re.compile(r"(\S+)\s+(model|compute|output) buffer size\s*=\s*([\d.]+) MiB")
_CACHE = re.compile(r"\bsize\s*=\s*([\d.]+) MiB \(\s*\d+ cells")
_MIB = 1024 * 1024


def resident_bytes() -> int:
    """Memory of this process that is in RAM now."""
    return int(psutil.Process().memory_info().rss)


def memory_use(lines: Iterable[LogLine], resident: int, weights_bytes: int | None = None) -> MemoryUse:
    """Add up the buffers that one load and one new context logged.

    ``weights_bytes`` replaces what the log says of weights, for a layout without allocation.
    """
    sums = {"model": 0.0, "cache": 0.0, "output": 0.0}
    compute: dict[str, float] = {}
    for line in lines:
        if found := _BUFFER.search(line.text):
            device, kind, mib = found[1], found[2], float(found[3])
            if kind == "compute":
                compute[device] = mib  # logged again when the graph is reserved anew: the last one counts
            else:
                sums[kind] += mib
        elif found := _CACHE.search(line.text):
            sums["cache"] += float(found[1])
    return MemoryUse(
        weights_bytes=round(sums["model"] * _MIB) if weights_bytes is None else weights_bytes,
        kv_bytes=round(sums["cache"] * _MIB),
        compute_bytes=round(sum(compute.values()) * _MIB),
        output_bytes=round(sums["output"] * _MIB),
        resident_bytes=resident,
    )
