"""What a model takes in memory: the values, and closed forms on a header that explain them."""

from app.models.sizing.formulas import (
    compute_bytes,
    estimate,
    kv_cache_bytes,
    other_bytes,
    usable_context,
    working_bytes,
)
from app.models.sizing.layout import HOST, DeviceParts, Layout, Source

__all__ = [
    "HOST",
    "DeviceParts",
    "Layout",
    "Source",
    "compute_bytes",
    "estimate",
    "kv_cache_bytes",
    "other_bytes",
    "usable_context",
    "working_bytes",
]
