"""How to load a model on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.models.records import plan_record
from app.cli.models.which_file import may_be_repository, parse_wanted
from app.cli.models.which_model import given_path, model_or_file
from app.cli.terminal import Terminal
from app.cli.words import expected_speed
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.hub.values import HubDetails
from app.models.kv_type import KV_TYPES
from app.models.plan import ALL_LAYERS, Plan, PlanChoice
from app.services.compose import Services


def plan(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The best way, and why. Exit code 1 when nothing fits."""
    subject = _subject(services, terminal, options.model)
    terminal.progress("Working it out …")
    found = services.planner.plan(
        subject,
        options.context,
        quantizations=[name.upper() for name in options.quantizations],
        kv_types=options.kv_types or KV_TYPES,
    )
    if options.json:
        terminal.json(plan_record(found))
    else:
        _write_plan(terminal, found)
    return 0 if found.fits else 1


def _subject(services: Services, terminal: Terminal, wanted: str) -> int | Path | HubDetails:
    """A file, a model of the library, or a repository. What is in the library is never asked for."""
    try:
        return model_or_file(services, wanted)
    except ModelError:
        if not may_be_repository(wanted) or given_path(wanted).exists():  # the hub need not know of a folder here
            raise
    repo_id, _ = parse_wanted(wanted)
    terminal.progress(f"Asking for {repo_id} …")
    return services.hub.details(repo_id)


def _write_plan(terminal: Terminal, found: Plan) -> None:
    if found.choice is not None and found.fits:
        _write_choice(terminal, found.choice)
    else:
        terminal.line("Nothing fits this machine as it is now.")
    for reason in found.reasons:
        terminal.paragraph(reason, first="  ", rest="  ")
    speed = expected_speed(found.tokens_per_s)
    if speed and found.fits:
        terminal.paragraph(speed, first="  ", rest="  ")
    if found.changes:
        terminal.line("What would help:")
        for change in found.changes:
            terminal.paragraph(change, first="  ", rest="  ")


def _write_choice(terminal: Terminal, choice: PlanChoice) -> None:
    layers = {ALL_LAYERS: "all", 0: "none"}.get(choice.n_gpu_layers, str(choice.n_gpu_layers))
    rows = [
        ("file", choice.candidate.name or choice.candidate.quantization),
        ("context", f"{choice.n_ctx:,} tokens"),
        ("KV cache", choice.kv_type),
        ("layers on a GPU", layers),
        *(
            (device.label, f"{size_text(device.used_bytes)} of the {size_text(device.free_bytes)} that are free")
            for device in choice.devices
        ),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        terminal.line(f"{name.ljust(width)}  {value}")
