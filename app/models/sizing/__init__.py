"""What a model takes in memory: the values, and closed forms on a header that explain them."""

from app.models.sizing.cache import cache_bytes_by_layer, kv_cache_bytes
from app.models.sizing.formulas import (
    compute_bytes,
    estimate,
    other_bytes,
    rows_bytes,
    usable_context,
    vocabulary_length,
    working_bytes,
)
from app.models.sizing.layout import HOST, DeviceParts, Layout, Source
from app.models.sizing.lesson import BitsRow, ContextPoint, Lesson, bits_rows, lesson
from app.models.sizing.offload import GpuShare, Placement, adapter_weights, place, weights_by_device

__all__ = [
    "HOST",
    "BitsRow",
    "ContextPoint",
    "DeviceParts",
    "GpuShare",
    "Layout",
    "Lesson",
    "Placement",
    "Source",
    "adapter_weights",
    "bits_rows",
    "cache_bytes_by_layer",
    "compute_bytes",
    "estimate",
    "kv_cache_bytes",
    "lesson",
    "other_bytes",
    "place",
    "rows_bytes",
    "usable_context",
    "vocabulary_length",
    "weights_by_device",
    "working_bytes",
]
