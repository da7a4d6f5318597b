"""All commands by their names."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.cli import documents, models, talk
from app.cli.terminal import Terminal
from app.services.compose import Services

Command = Callable[[Services, Terminal, argparse.Namespace], int]
"""Carries out one command; returns the exit code."""

COMMANDS: dict[str, Command] = {
    "hardware": models.hardware,
    "models list": models.list_all,
    "models add": models.add,
    "models size": models.size,
    "documents add": documents.add,
    "documents status": documents.status,
    "documents search": documents.search,
    "ask": talk.ask,
    "chat": talk.chat,
}
