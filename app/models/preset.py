"""How a person wants one model to be loaded and to talk, and what the model's own header recommends."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from app.models.gguf import Header
from app.models.kv_type import KvType


@dataclass(frozen=True)
class Preset:
    """Choices for one model. None: not chosen, so the model's own recommendation holds, then the general setting.

    ``n_ctx`` in tokens; ``n_gpu_layers`` -1: all; ``system_prompt`` "" is a choice, too: none beside Satchel's own.
    """

    system_prompt: str | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    n_ctx: int | None = None
    kv_type: KvType | None = None
    n_gpu_layers: int | None = None

    def over(self, fallback: Preset) -> Preset:
        """This preset, with the other's choice wherever this one has none."""
        chosen = {rule.name: value for rule in fields(self) if (value := getattr(self, rule.name)) is not None}
        return replace(fallback, **chosen)


NO_PRESET = Preset()
"""Nothing chosen."""

LIMITS: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_k": (0, 1_000_000),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repeat_penalty": (0.1, 5.0),
    "n_ctx": (256, 1_048_576),
    "n_gpu_layers": (-1, 10_000),
}
"""Lowest and highest of each number, both allowed; those of the general settings."""

_WORDS = {
    "temperature": "The temperature",
    "top_k": "Top-k",
    "top_p": "Top-p",
    "min_p": "Min-p",
    "repeat_penalty": "The repeat penalty",
    "n_ctx": "The context",
    "n_gpu_layers": "The number of layers on the GPU",
}

_KEYS = {
    "temperature": "general.sampling.temp",
    "top_k": "general.sampling.top_k",
    "top_p": "general.sampling.top_p",
    "min_p": "general.sampling.min_p",
    "repeat_penalty": "general.sampling.penalty_repeat",
}
"""llama.cpp's names (``llama_model_meta_key``); what is not in the header is not recommended."""


def defaults_of(header: Header) -> Preset:
    """What a model's author wrote into its header as recommended sampling; a value out of bounds is ignored."""
    found: dict[str, float | int] = {}
    for name, key in _KEYS.items():
        value = header.metadata.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            continue
        low, high = LIMITS[name]
        if low <= value <= high:
            found[name] = int(value) if name == "top_k" else round(float(value), 6)  # written as 32-bit floats
    return replace(NO_PRESET, **found)  # type: ignore[arg-type]


def complaint(preset: Preset) -> str:
    """Why a preset cannot be used, as a sentence; empty when it can."""
    for name, (low, high) in LIMITS.items():
        value = getattr(preset, name)
        if value is not None and not low <= value <= high:  # also refuses nan
            return f"{_WORDS[name]} must be from {low:,g} to {high:,.12g}."
    return ""
