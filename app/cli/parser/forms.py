"""How commands and their arguments are described: the pieces that all parts of the parser share."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.models.kv_type import KV_TYPES

Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers returns
Parser = argparse.ArgumentParser

LONGEST_CONTEXT = 100_000_000


def command(commands: Commands[Parser], name: str, about: str, full_name: str = "", *, json: bool = True) -> Parser:
    """A command. ``full_name`` becomes ``options.command``; empty: ``name``."""
    parser: Parser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.set_defaults(command=full_name or name)
    common(parser, json=json)
    return parser


def group(commands: Commands[Parser], name: str, about: str) -> Commands[Parser]:
    """A word that only commands follow, such as ``models``."""
    parser: Parser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    return parser.add_subparsers(metavar="command", required=True)


def family(commands: Commands[Parser], name: str, about: str, full_name: str) -> Commands[Parser]:
    """A command that more commands may follow: ``models trash`` is ``models trash list``."""
    parser: Parser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.set_defaults(command=f"{full_name} list")
    common(parser)
    return parser.add_subparsers(metavar="[command]", required=False)


def common(parser: Parser, *, json: bool = True) -> None:
    """What every command takes. Their defaults are the whole parser's, so that they may stand before or after the last
    word of a command."""
    if json:
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for programs")
    parser.add_argument(
        "--connections",
        action="store_true",
        default=argparse.SUPPRESS,
        help="say at the end what was requested from the network",
    )


def context(parser: Parser, about: str = "context length in tokens") -> None:
    """``--context``, None unless it is given."""
    parser.add_argument("--context", type=number(1, LONGEST_CONTEXT), metavar="N", help=about)


def kv_type(parser: Parser) -> None:
    """``--kv-type``, None unless it is given."""
    parser.add_argument("--kv-type", choices=KV_TYPES, help="type of the KV cache; default: as the settings say")


def words(typed: str) -> str:
    """A text that is not empty."""
    if not typed.strip():
        raise argparse.ArgumentTypeError("it is empty; type some words")
    return typed


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number within limits."""

    def read(typed: str) -> int:
        try:
            value = int(typed)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"“{typed}” is no whole number from {least:,} to {most:,}")
        return value

    return read


def pair(typed: str) -> tuple[str, str]:
    """``KEY=VALUE``."""
    key, sign, value = typed.partition("=")
    if not sign or not key.strip():
        raise argparse.ArgumentTypeError(f"“{typed}” is not like temperature=0.7")
    return key.strip(), value
