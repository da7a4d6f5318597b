"""The types in which a KV cache can be kept: one list for settings, presets, plans, workers and the command line."""

from __future__ import annotations

from typing import Literal, get_args

KvType = Literal["f16", "q8_0", "q4_0"]
KV_TYPES: tuple[KvType, ...] = get_args(KvType)
"""The largest and most exact one first."""
