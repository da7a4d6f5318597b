"""LoRA adapters of a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.models.records import record
from app.cli.models.which_model import find_adapter, find_model, given_path
from app.cli.terminal import Terminal
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.adapter import AdapterChoice
from app.services.compose import Services


def attach(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Use one; one that is in use gets another scale."""
    model = find_model(services, options.model)
    known = find_adapter(services, options.adapter)
    path = Path(known.path) if known is not None else given_path(options.adapter)
    if known is None and not path.is_file():
        why = "It is neither a file nor an adapter of the library."
        raise ModelError(f"There is no adapter “{options.adapter}”.", why, "Check its name.")
    adapter = services.models.adapters.attach(model.id, path, options.scale)
    now = find_model(services, str(model.id))
    scale = next(attached.scale for attached in now.adapters if attached.adapter.id == adapter.id)
    if options.json:
        terminal.json({"adapter": record(adapter), "scale": scale, "mismatch": ""})
    else:
        terminal.line(f"{adapter.summary.name} is used with {model.title} now, with the scale {scale:g}.")
    return 0


def detach(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Use it no more."""
    model = find_model(services, options.model)
    known = find_adapter(services, options.adapter)
    used = [attached.adapter for attached in model.adapters]
    adapter = next((each for each in used if known is not None and each.id == known.id), None)
    if adapter is None:
        there = ", ".join(f"{each.id} ({each.summary.name})" for each in used)
        why = f"In use are: {there}." if used else "No adapter is in use with it."
        raise ModelError(f"“{options.adapter}” is not used with {model.title}.", why, "Check its name.")
    services.models.adapters.detach(model.id, adapter.id)
    if options.json:
        terminal.json({"adapter": record(adapter), "scale": None, "mismatch": ""})
    else:
        terminal.line(f"{adapter.summary.name} is not used with {model.title} any more. Its file stays.")
    return 0


def list_all(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """All adapters, as seen from one model."""
    choices = services.models.adapters.choices(find_model(services, options.model).id)
    if options.json:
        terminal.json([record(choice) for choice in choices])
    elif not choices:
        terminal.line("There are no adapters yet. Attach one with: satchel models adapter attach MODEL FILE")
    else:
        rows = [
            (
                str(choice.adapter.id),
                choice.adapter.summary.name,
                size_text(choice.adapter.summary.size_bytes),
                _state(choice),
                choice.adapter.path,
            )
            for choice in choices
        ]
        terminal.table(("ID", "NAME", "SIZE", "WITH THIS MODEL", "FILE"), rows, right=(0, 2))
        for choice in choices:
            if choice.mismatch:
                terminal.paragraph(f"{choice.adapter.id}: {choice.mismatch}", rest="   ")
    return 0


def _state(choice: AdapterChoice) -> str:
    if choice.scale is not None:
        return f"in use, scale {choice.scale:g}"
    return "does not belong to it" if choice.mismatch else "possible"
