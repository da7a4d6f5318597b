"""How fast a model will write here: an estimate.

Generating waits for memory: for each token all weights that take part are read once, and the part of the KV cache that
is filled. So tokens per second are the memory's speed over those bytes, and on several devices, which work one after
the other, the times add up. No program reads as fast as memory can be read (:data:`REACHED`).

Main memory is read faster by several threads, but they wait for each other at every operation: a small model is often
fastest with one. A load measures which number is best, so the estimate takes the best of its own. Whatever the size, a
token costs the start of each layer's operations and the choice among all tokens. What else is lost is taken back by
what was measured here (:class:`app.services.memory_speed.MemorySpeed`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.hardware.bandwidth import ReadSpeed
from app.models.gguf import Header
from app.models.sizing import HOST, Layout, vocabulary_length
from app.models.summary import MAX_LAYERS

REACHED = 0.6
"""Of memory's speed, what generating reaches with models that are large for the machine: 0.5 to 0.8 in the field."""

_LAYER_S = 20e-6
"""Measured with a network of 4 layers that lies in the cache, on one thread: 0.13 ms a token, reading included."""
_WAIT_S = 200e-6
"""Of a layer on the processor, what more threads than one lose by waiting for each other."""
_CHOICE_S = 6e-9
"""For each token of the vocabulary. Measured: 32,000 tokens instead of 512 cost 0.57 ms, 0.37 of them for reading."""

_EXPERTS = "_exps."
"""In the names of tensors that hold all experts of a layer."""
_TABLE, _OUTPUT = "token_embd.weight", "output.weight"


@dataclass(frozen=True)
class TokenCost:
    """What a token costs a model. Shares are of the file's weights, 0.0 to 1.0.

    ``table_share``: the token table, of which a token needs one row; ``tied``: it is the output layer, too, and all of
    it is read for that. ``rest_share``: of everything else, what is read; less than all where some experts rest.
    ``fixed_s``: what does not depend on the weights.
    """

    table_share: float = 0.0
    tied: bool = True
    rest_share: float = 1.0
    layers: int = 0
    fixed_s: float = 0.0

    def read_bytes(self, layout: Layout) -> dict[str, float]:
        """Of the weights on each device, the bytes that are read for one token."""
        elsewhere = any(parts.device != HOST and parts.weights_bytes for parts in layout.devices)
        # Tied weights are there twice then: as table in main memory, as output layer on a GPU.
        copies = 1 + self.table_share * (self.tied and elsewhere)
        table = self.table_share * layout.weights_bytes / copies
        read = {}
        for parts in layout.devices:
            on_host = parts.device == HOST
            rest = parts.weights_bytes - (table if on_host else 0)
            output = table if self.tied and on_host and not elsewhere else 0
            read[parts.device] = max(0.0, rest) * self.rest_share + output
        return read


ALL_IS_READ = TokenCost()
"""Of a model of which nothing else is known."""


def token_cost(header: Header) -> TokenCost:
    """What a token costs the model of this header."""
    experts = header.integer("{arch}.expert_count")
    used = min(1.0, header.integer("{arch}.expert_used_count") / experts) if experts else 1.0
    total = sum(tensor.size_bytes for tensor in header.tensors)
    table = sum(tensor.size_bytes for tensor in header.tensors if tensor.name == _TABLE)
    resting = (1 - used) * sum(tensor.size_bytes for tensor in header.tensors if _EXPERTS in tensor.name)
    layers = min(MAX_LAYERS, header.integer("{arch}.block_count"))
    return TokenCost(
        table_share=table / total if total else 0.0,
        tied=all(tensor.name != _OUTPUT for tensor in header.tensors),
        rest_share=1 - resting / (total - table) if total > table else 1.0,
        layers=layers,
        fixed_s=layers * _LAYER_S + vocabulary_length(header) * _CHOICE_S,
    )


@dataclass(frozen=True)
class Speeds:
    """How fast memory is read while generating. ``memory``: main memory, by the number of threads, from few to many;
    empty where that is not known. ``gpus``: bytes a second of each; 0.0 where that is not known."""

    memory: Sequence[ReadSpeed] = ()
    gpus: Mapping[str, float] = field(default_factory=dict)

    def by(self, threads: int) -> Sequence[ReadSpeed]:
        """What so many threads read: as the next smaller number that was measured, or in proportion to the smallest;
        all numbers where it is 0."""
        if not threads or not self.memory:
            return self.memory
        known = self.memory[0]
        for each in self.memory:
            known = each if each.threads <= threads else known
        return (ReadSpeed(threads, known.bytes_per_s * min(1.0, threads / known.threads)),)


def tokens_per_s(
    layout: Layout, cost: TokenCost, speeds: Speeds, *, filled: float = 0.5, threads: int = 0
) -> float | None:
    """Tokens a second; None when a device's speed is not known.

    ``filled``: of the context. ``threads``: for generating, 0 those that are fastest.
    """
    weights = cost.read_bytes(layout)
    reads = {parts.device: weights[parts.device] + parts.kv_bytes * filled for parts in layout.devices}
    on_host = reads.pop(HOST, 0.0)
    on_gpus = 0.0
    for device, read in reads.items():
        if read <= 0:
            continue
        speed = speeds.gpus.get(device, 0.0)
        if speed <= 0:
            return None
        on_gpus += read / (speed * REACHED)
    if on_host <= 0:
        return 1 / (on_gpus + cost.fixed_s) if on_gpus else None
    share = layout.on(HOST).weights_bytes / layout.weights_bytes if layout.weights_bytes else 1.0
    times = list(_host_s(on_host, cost.layers * share, speeds.by(threads)))
    return 1 / (min(times) + on_gpus + cost.fixed_s) if times else None


def _host_s(read_bytes: float, layers: float, memory: Sequence[ReadSpeed]) -> Iterator[float]:
    for each in memory:
        if each.bytes_per_s > 0:
            waiting = layers * _WAIT_S if each.threads > 1 else 0.0
            yield read_bytes / (each.bytes_per_s * REACHED) + waiting
