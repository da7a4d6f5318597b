"""What can be typed."""

from __future__ import annotations

import argparse
from importlib import metadata

from app.cli.parser.documents import add_documents, add_talk
from app.cli.parser.finding import add_finding
from app.cli.parser.forms import command, group
from app.cli.parser.hub import add_hub, add_network
from app.cli.parser.keeping import add_keeping
from app.cli.parser.library import add_library

_ABOUT = "Small language models on your own machine, answering from your own documents. Without a command: the window."


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. ``options.command`` is "hardware", "models list", ...; ``options.json`` and
    ``options.connections`` always exist."""
    parser = argparse.ArgumentParser(prog="satchel", description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"satchel {_version()}")
    parser.add_argument("--verbose", action="store_true", help="write more into the log")
    parser.set_defaults(json=False, connections=False)
    commands = parser.add_subparsers(metavar="command", required=True)
    command(commands, "hardware", "what this machine has and what llama.cpp can use of it")
    models = group(commands, "models", "find models, get them, and keep them")
    add_finding(models)
    add_library(models)
    add_keeping(models)
    add_hub(group(commands, "hub", "where models come from, and the access token"))
    add_network(group(commands, "network", "the offline switch"))
    add_documents(group(commands, "documents", "the collections of your documents"))
    add_talk(commands)
    return parser


def _version() -> str:
    try:
        return metadata.version("satchel")
    except metadata.PackageNotFoundError:  # run from the source folder
        return "(from source)"
