"""What this machine has."""

from __future__ import annotations

import argparse

from app.cli.records import machine_record
from app.cli.terminal import Terminal
from app.services.compose import Services


def hardware(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """What this machine has, in words."""
    words = list(services.models.machine.words())
    if options.json:
        terminal.json(machine_record(services.models.machine.read(), services.models.machine.backend(), words))
    else:
        for sentence in words:
            terminal.paragraph(sentence)
    return 0
