"""Whether a model fits into the memory that is free, said so that a person knows what to do."""

from __future__ import annotations

from app.core.sizes import size_text
from app.models.gguf import Header
from app.models.model import Fit, Verdict
from app.models.sizing import Layout, estimate, usable_context

RESERVE_BYTES = 512_000_000
RESERVE_SHARE = 0.05
"""Less than the larger of the two left free is "tight": the system and other programs need room to breathe."""

SMALLEST_CONTEXT = 512


def verdict(
    header: Header,
    n_ctx: int,
    kv_type: str,
    available_bytes: int,
    *,
    replaced_bytes: int = 0,
    measured: Layout | None = None,
) -> Verdict:
    """Compare what a model takes with what is free.

    ``available_bytes``: free memory now. ``replaced_bytes``: what the model that is loaded now gives back.
    ``measured``: the layout at this context, llama.cpp's own or a better estimate than ours here; None: estimate it.
    Only main memory is compared; what lies on a GPU is the planner's affair.
    """
    n_ctx = usable_context(header, n_ctx)
    parts = measured if measured is not None else estimate(header, n_ctx, kv_type)
    room = available_bytes + replaced_bytes
    return Verdict(
        fit=(fit := _fit(parts.committed_bytes, room)),
        sentence=_sentence(fit, header, n_ctx, kv_type, parts, room),
        n_ctx=n_ctx,
        weights_bytes=parts.weights_bytes,
        kv_bytes=parts.kv_bytes,
        compute_bytes=parts.compute_bytes,
        other_bytes=parts.other_bytes,
        available_bytes=room,
        measured_by_llama=parts.source != "formula",
        devices=parts.devices,
    )


def largest_context(header: Header, kv_type: str, room_bytes: int, at_most: int) -> int:
    """The largest context, in steps of 512 tokens, with which the model fits into ``room_bytes``; 0 if none does."""
    low, high = 0, max(0, at_most // SMALLEST_CONTEXT)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate(header, middle * SMALLEST_CONTEXT, kv_type).committed_bytes <= room_bytes:
            low = middle
        else:
            high = middle - 1
    return low * SMALLEST_CONTEXT


def reserve_bytes(room_bytes: int) -> int:
    """What should stay free of ``room_bytes``."""
    return max(RESERVE_BYTES, int(RESERVE_SHARE * room_bytes))


def _fit(total_bytes: int, room_bytes: int) -> Fit:
    if total_bytes > room_bytes:
        return "does_not_fit"
    return "tight" if total_bytes > room_bytes - reserve_bytes(room_bytes) else "fits"


def _sentence(fit: Fit, header: Header, n_ctx: int, kv_type: str, parts: Layout, room_bytes: int) -> str:
    takes, free = size_text(parts.committed_bytes), size_text(room_bytes)
    if fit == "fits":
        return f"Fits: takes {takes} of the {free} that are free."
    if fit == "tight":
        left = size_text(room_bytes - parts.committed_bytes)
        return f"Tight: takes {takes} of the {free} that are free; only {left} would be left for everything else."
    # What llama.cpp's layout takes beyond the formulas' it will take at a smaller context, too.
    beyond = parts.committed_bytes - estimate(header, n_ctx, kv_type).committed_bytes
    return f"Does not fit: needs {takes}, and {free} are free. {_way_out(header, n_ctx, kv_type, room_bytes, beyond)}"


def _way_out(header: Header, n_ctx: int, kv_type: str, room_bytes: int, beyond_bytes: int) -> str:
    smaller = largest_context(header, kv_type, room_bytes - beyond_bytes, n_ctx)
    if smaller >= SMALLEST_CONTEXT:
        return f"With a context of {smaller:,} tokens instead of {n_ctx:,} it would."
    if header.weights_bytes > room_bytes:
        return f"Its weights alone take {size_text(header.weights_bytes)}: choose a smaller model or quantization."
    return "Close other programs, or choose a smaller model or quantization."
