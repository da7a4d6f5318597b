"""What can be typed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import metadata

_ABOUT = "Small language models on your own machine, answering from your own documents. Without a command: the window."
_CONTEXT = "context length in tokens"


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. ``options.command`` is "hardware", "models list", ...; ``options.json`` always exists."""
    parser = argparse.ArgumentParser(prog="satchel", description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"satchel {_version()}")
    parser.add_argument("--verbose", action="store_true", help="write more into the log")
    commands = parser.add_subparsers(metavar="command", required=True)
    _command(commands, "hardware", "what this machine has and what llama.cpp can use of it")
    _models(commands.add_parser("models", help="the models in your library"))
    _documents(commands.add_parser("documents", help="the collections of your documents"))

    ask = _command(commands, "ask", "ask one question and get one answer")
    ask.add_argument("question", type=_words)
    _talk(ask)
    chat = _command(commands, "chat", "talk until you leave with Ctrl-D; Ctrl-C stops a reply", json=False)
    chat.add_argument("--conversation", type=int, metavar="ID", help="go on with this conversation")
    _talk(chat)
    return parser


def _models(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="command", required=True)
    _command(commands, "list", "what is there", "models list")
    add = _command(commands, "add", "add a GGUF file to the library, used where it is", "models add")
    add.add_argument("path", metavar="FILE")
    add.add_argument("--copy", action="store_true", help="copy the file into Satchel's folder")
    size = _command(commands, "size", "what a model takes here, before it is loaded", "models size")
    size.add_argument("model", metavar="MODEL", help="a GGUF file, or a model's name or number in the library")
    size.add_argument("--context", type=_number(1, 100_000_000), metavar="N", help=_CONTEXT)
    size.add_argument("--kv-type", choices=["f16", "q8_0", "q4_0"], default="f16", help="type of the KV cache")


def _documents(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="command", required=True)
    add = _command(commands, "add", "index files and folders, and wait until it is done", "documents add")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--collection", metavar="NAME", help="add to this collection, or make it")
    add.add_argument("--no-wait", action="store_true", help="leave the indexing to the next start")
    status = _command(commands, "status", "how far the index is, and which files were left out", "documents status")
    status.add_argument("collection", nargs="?", metavar="NAME")
    search = _command(commands, "search", "the sentences and passages that answer best", "documents search")
    search.add_argument("query", type=_words)
    _collections(search)
    search.add_argument("--limit", type=_number(1, 50), default=6, metavar="N", help="passages, 1 to 50 (default: 6)")


def _talk(parser: argparse.ArgumentParser) -> None:
    _collections(parser)
    parser.add_argument("--model", metavar="MODEL", help="name or number of a model in the library")


def _collections(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        default=[],
        metavar="NAME",
        dest="collections",
        help="answer from this collection (more than once: from all of these)",
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    about: str,
    command: str = "",
    *,
    json: bool = True,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.set_defaults(command=command or name, json=False)
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON for programs")
    return parser


def _words(typed: str) -> str:
    if not typed.strip():
        raise argparse.ArgumentTypeError("it is empty; type some words")
    return typed


def _number(least: int, most: int) -> Callable[[str], int]:
    def number(typed: str) -> int:
        try:
            value = int(typed)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"“{typed}” is no whole number from {least:,} to {most:,}")
        return value

    return number


def _version() -> str:
    try:
        return metadata.version("satchel")
    except metadata.PackageNotFoundError:  # run from the source folder
        return "(from source)"
