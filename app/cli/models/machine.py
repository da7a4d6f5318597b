"""What this machine has."""

from __future__ import annotations

import argparse

from app.cli.records import machine_record
from app.cli.terminal import Terminal
from app.services.compose import Services


def hardware(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """What this machine has, in words."""
    machine = services.models.machine.read()
    words = services.models.machine.words(machine)
    if options.json:
        terminal.json(machine_record(machine, services.models.machine.backend(), words))
    else:
        for sentence in words:
            terminal.paragraph(sentence)
    return 0
