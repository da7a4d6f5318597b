"""What can be typed about the hub and the network. A token is never typed here: every program can read arguments."""

from __future__ import annotations

from app.cli.parser.forms import Commands, Parser, command, group, words


def add_hub(commands: Commands[Parser]) -> None:
    """``satchel hub ...``."""
    token = group(commands, "token", "the access token for private and gated models")
    command(token, "set", "keep a token: typed unseen, or read from standard input", "hub token set")
    command(token, "forget", "forget it", "hub token forget")
    command(token, "status", "whether there is one, and where it is kept; requests nothing", "hub token status")
    command(token, "check", "ask the hub whose it is", "hub token check")
    endpoint = command(commands, "endpoint", "show or change which hub is asked", "hub endpoint")
    which = endpoint.add_mutually_exclusive_group()
    which.add_argument("url", nargs="?", type=words, metavar="URL", help="a mirror's address")
    which.add_argument("--official", action="store_true", help="Hugging Face itself")
    endpoint.add_argument("--send-token", action="store_true", help="the access token may be sent to this mirror, too")


def add_network(commands: Commands[Parser]) -> None:
    """``satchel network ...``."""
    command(commands, "status", "what may be requested, and from where; requests nothing", "network status")
    offline = command(commands, "offline", "while it is on, nothing is ever requested", "network offline")
    offline.add_argument("state", choices=("on", "off"))
