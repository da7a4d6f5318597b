"""What a model takes, read from the lines llama.cpp logs: rounded to 0.01 MiB, and to be had on every platform.

The buffers are logged one line each, per device::

    load_tensors:   CPU_REPACK model buffer size =    56.95 MiB
    llama_kv_cache: size =   90.00 MiB (  4096 cells,  30 layers,  1/1 seqs), K (f16): ...
    sched_reserve:        CPU compute buffer size =    17.51 MiB

When memory is only laid out (``no_alloc``), the "model buffer size" and "KV buffer size" lines say 0.00; weights then
come from :func:`llama_model_size`, and the cache from its own "size" line, which is right in both cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from app.inference.breakdown import buffers_of
from app.inference.process_memory import peak_bytes, resident_bytes
from app.inference.protocol import BufferUse, MemoryUse
from app.models.native import LogLine

_BUFFER = re.compile(r"(\S+)\s+(model|compute|output) buffer size\s*=\s*([\d.]+) MiB")
_CACHE = re.compile(r"\bsize\s*=\s*([\d.]+) MiB \(\s*\d+ cells")
_STATE = re.compile(r"\bRS buffer size\s*=\s*([\d.]+) MiB")
_ADAPTER = re.compile(r"\bCPU LoRA buffer size\s*=\s*([\d.]+) MiB")
_MIB = 1024 * 1024


def loaded_use(llama: Any, context: Any, lines: Sequence[LogLine]) -> MemoryUse:
    """What a model that is loaded takes, with what this process has in RAM. ``lines``: the log of its load."""
    books = buffers_of(llama, context)
    use = exact_use(books, lines) if books else memory_use(lines)
    return msgspec.structs.replace(use, resident_bytes=resident_bytes(), peak_bytes=peak_bytes())


def exact_use(buffers: Sequence[BufferUse], lines: Iterable[LogLine]) -> MemoryUse:
    """The sums of llama.cpp's own books; only the logits are not in them and come from the log."""
    return MemoryUse(
        weights_bytes=sum(buffer.weights_bytes for buffer in buffers),
        kv_bytes=sum(buffer.kv_bytes for buffer in buffers),
        compute_bytes=sum(buffer.compute_bytes for buffer in buffers),
        output_bytes=memory_use(lines).output_bytes,
        resident_bytes=0,
        buffers=tuple(buffers),
    )


def memory_use(lines: Iterable[LogLine], weights_bytes: int | None = None) -> MemoryUse:
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
        resident_bytes=0,
    )


def state_bytes(lines: Iterable[LogLine]) -> int:
    """Recurrent state, to 0.01 MiB; part of the cache's bytes. It is really allocated even when all else is only laid
    out."""
    return round(sum(float(found[1]) for line in lines if (found := _STATE.search(line.text))) * _MIB)


def adapter_bytes(lines: Iterable[LogLine]) -> int:
    """LoRA adapters that were read into main memory, to 0.01 MiB; they are in no other sum."""
    return round(sum(float(found[1]) for line in lines if (found := _ADAPTER.search(line.text))) * _MIB)
