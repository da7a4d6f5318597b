"""How fast a model will write here: an estimate.

Generating waits for memory: for each token all weights that take part are read once, and the part of the KV cache that
is filled. So tokens per second are the memory's speed over those bytes, and on several devices, which work one after
the other, the times add up. No program reads as fast as memory can be read (:data:`REACHED`). Whatever the size, a
token costs the start of each layer's operations and the choice among all tokens (:func:`overhead_s`), which only small
models feel. What else is lost, most of all where fewer threads than cores are fastest, is taken back by what was
measured here (:class:`app.services.memory_speed.MemorySpeed`).
"""

from __future__ import annotations

from collections.abc import Mapping

from app.models.gguf import Header
from app.models.sizing import Layout, vocabulary_length
from app.models.summary import MAX_LAYERS

REACHED = 0.6
"""Of memory's speed, what generating reaches with models that are large for the machine: 0.5 to 0.8 in the field."""

_LAYER_S = 20e-6
"""Measured with a network of 4 layers that lies in the cache, on one thread: 0.13 ms a token, reading included."""
_CHOICE_S = 6e-9
"""For each token of the vocabulary. Measured: 32,000 tokens instead of 512 cost 0.57 ms, 0.37 of them for reading."""

_EXPERTS = "_exps."
"""In the names of tensors that hold all experts of a layer."""


def read_share(header: Header) -> float:
    """Of the weights' bytes, the share that is read for one token, 0.0 to 1.0.

    Of experts only those used; of a token table that is not the output layer too, one row.
    """
    experts = header.integer("{arch}.expert_count")
    used = min(1.0, header.integer("{arch}.expert_used_count") / experts) if experts else 1.0
    names = {tensor.name for tensor in header.tensors}
    total = read = 0.0
    for tensor in header.tensors:
        total += tensor.size_bytes
        if _EXPERTS in tensor.name:
            read += used * tensor.size_bytes
        elif tensor.name != "token_embd.weight" or "output.weight" not in names:
            read += tensor.size_bytes
    return read / total if total else 1.0


def overhead_s(header: Header) -> float:
    """Seconds for each token that do not depend on the weights."""
    layers = min(MAX_LAYERS, header.integer("{arch}.block_count"))
    return layers * _LAYER_S + vocabulary_length(header) * _CHOICE_S


def tokens_per_s(
    layout: Layout,
    share: float,
    bytes_per_s: Mapping[str, float],
    filled: float = 0.5,
    overhead: float = 0.0,
) -> float | None:
    """Tokens a second; None when a device's speed is not known.

    ``share``: of :func:`read_share`. ``bytes_per_s``: how fast each device reads. ``filled``: of the context.
    ``overhead``: of :func:`overhead_s`.
    """
    seconds = 0.0
    for parts in layout.devices:
        read = parts.weights_bytes * share + parts.kv_bytes * filled
        if read <= 0:
            continue
        speed = bytes_per_s.get(parts.device, 0.0)
        if speed <= 0:
            return None
        seconds += read / (speed * REACHED)
    return 1 / (seconds + overhead) if seconds > 0 else None
