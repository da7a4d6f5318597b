"""Whether the hub has a newer file of a model."""

from __future__ import annotations

import argparse

from app.cli.models.records import record
from app.cli.models.which_model import find_model
from app.cli.terminal import Terminal
from app.core.errors import ModelError
from app.services.compose import Services


def check(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Ask, and say how to get it."""
    model = find_model(services, options.model)
    if model.source is None:
        raise ModelError(
            f"Whether there is a newer file of {model.title} is not known.",
            "Where it was downloaded from is not known.",
            "Look for it with: satchel models search QUERY",
        )
    found = services.models.check_update(model.id)
    if options.json:
        terminal.json(record(found))
        return 0
    terminal.paragraph(found.sentence)
    if found.available:
        terminal.line(f"Get it with: satchel models get {found.source.repo_id}:{found.source.file}")
    return 0
