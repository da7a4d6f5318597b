"""How a model is loaded and talks: the person's choices over its author's over the general ones."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from typing import Any

from app.cli.models.records import record
from app.cli.models.which_model import find_model
from app.cli.terminal import Terminal
from app.core.errors import ModelError
from app.models.kv_type import KV_TYPES
from app.models.preset import NO_PRESET, Preset
from app.services.compose import Services

_KEYS = tuple(rule.name for rule in fields(Preset))
_WHOLE = ("top_k", "n_ctx", "n_gpu_layers")
_DEFAULT = "default"


def preset(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Show it, or change it and show it."""
    model = find_model(services, options.model)
    chosen = NO_PRESET if options.reset else services.models.presets.of(model.id)
    for key, value in options.changes:
        chosen = _with(chosen, key, value)
    if options.reset or options.changes:
        services.models.presets.set(model.id, chosen)
    defaults, recommended = services.models.presets.defaults(model.id), model.summary.recommended
    if options.json:
        made = {"chosen": chosen, "recommended": recommended, "in_force": chosen.over(defaults)}
        terminal.json({key: record(value) for key, value in made.items()})
        return 0
    rows = []
    for key in _KEYS:
        value = getattr(chosen.over(defaults), key)
        from_model = getattr(recommended, key) is not None
        whose = "yours" if getattr(chosen, key) is not None else "the model's" if from_model else "general"
        shown = "all" if key == "n_gpu_layers" and value < 0 else _shown(value)
        rows.append((key, shown, whose))
    terminal.table(("KEY", "VALUE", "WHOSE"), rows)
    return 0


def _with(chosen: Preset, key: str, typed: str) -> Preset:
    """One choice changed. Errors: :class:`ModelError` for what is no choice."""
    key = key.replace("-", "_").lower()
    if key not in _KEYS:
        raise ModelError(f"There is no “{key}” in a preset.", f"There are: {', '.join(_KEYS)}.", "Check the name.")
    if typed == _DEFAULT:
        return replace(chosen, **{key: None})
    return replace(chosen, **{key: _value(key, typed)})


def _value(key: str, typed: str) -> Any:
    if key == "system_prompt":
        return typed
    if key == "kv_type":
        if typed not in KV_TYPES:
            raise ModelError(f"“{typed}” is no kv_type.", "", f"Choose one of {', '.join(KV_TYPES)}.")
        return typed
    try:
        return int(typed) if key in _WHOLE else float(typed)
    except ValueError:
        kind = "a whole number" if key in _WHOLE else "a number"
        next_step = f"Type {key} and then {kind}, or {key}={_DEFAULT} to take the choice back."
        raise ModelError(f"“{typed}” is no {key}.", f"It has to be {kind}.", next_step) from None


def _shown(value: Any) -> str:
    if isinstance(value, str):
        lines = value.splitlines() or ["(none)"]
        return lines[0][:60] + (" …" if len(lines) > 1 or len(lines[0]) > 60 else "")
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
