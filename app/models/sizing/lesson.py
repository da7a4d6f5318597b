"""The size of a model as it is taught: parameters times bytes at 32, 16, 8 and 4 bits, then what the context adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.models.gguf import Header
from app.models.sizing.cache import kv_cache_bytes

TAUGHT_BITS = (32, 16, 8, 4)


@dataclass(frozen=True)
class BitsRow:
    """What all weights take at so many bits each. ``this_file``: the row of the file itself, with its real bits."""

    bits: float
    weights_bytes: int
    this_file: bool = False


@dataclass(frozen=True)
class ContextPoint:
    """What the KV cache (or recurrent state) adds at a context of ``n_ctx`` tokens."""

    n_ctx: int
    kv_bytes: int


@dataclass(frozen=True)
class Lesson:
    """``rows``: from many bits to few. ``context``: from short to long. ``bytes_per_token``: what one more token adds
    between the two longest; 0 where the state does not grow."""

    parameters: int
    rows: tuple[BitsRow, ...]
    context: tuple[ContextPoint, ...]
    bytes_per_token: float


def bits_rows(header: Header) -> tuple[BitsRow, ...]:
    """The taught bits, and the file's own between them."""
    taught = [BitsRow(bits, header.parameters * bits // 8) for bits in TAUGHT_BITS]
    own = BitsRow(header.bits_per_weight, header.weights_bytes, this_file=True)
    return tuple(sorted((*taught, own), key=lambda row: (-row.bits, row.this_file)))


def lesson(header: Header, contexts: Sequence[int], kv_type: str = "f16") -> Lesson:
    """All of it at these contexts (tokens, growing)."""
    points = tuple(ContextPoint(n_ctx, kv_cache_bytes(header, n_ctx, kv_type)) for n_ctx in contexts)
    slope = 0.0
    if len(points) > 1 and points[-1].n_ctx > points[-2].n_ctx:
        slope = (points[-1].kv_bytes - points[-2].kv_bytes) / (points[-1].n_ctx - points[-2].n_ctx)
    return Lesson(header.parameters, bits_rows(header), points, slope)
