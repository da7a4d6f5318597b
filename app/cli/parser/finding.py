"""What can be typed to find models on the hub and to get them."""

from __future__ import annotations

from typing import get_args

from app.cli.parser.forms import Commands, Parser, command, context, family, kv_type, number, words
from app.models.hub.values import Purpose, Sort

_REPO = "repository, as author/name"
_ID = number(1, 1_000_000_000)


def add_finding(commands: Commands[Parser]) -> None:
    """``satchel models search`` to ``satchel models downloads``."""
    search = command(commands, "search", "find GGUF models on the hub", "models search")
    search.add_argument("query", type=words, metavar="QUERY")
    search.add_argument("--sort", choices=get_args(Sort), default="downloads", help="default: downloads")
    search.add_argument("--limit", type=number(1, 100), default=20, metavar="N", help="1 to 100 (default: 20)")
    curated = command(commands, "curated", "good small models to start with; requests nothing", "models curated")
    curated.add_argument("--purpose", choices=get_args(Purpose))
    show = command(commands, "show", "a repository's files, and whether each fits this machine", "models show")
    show.add_argument("repo", type=words, metavar="REPO", help=_REPO)
    context(show)
    kv_type(show)
    show.add_argument("--exact", action="store_true", help="read the header of every file, not only the best one's")
    get = command(commands, "get", "download a model and add it to the library; goes on where it stopped", "models get")
    what = f"{_REPO}; the best file for this machine is taken unless its quantization or name follows a colon"
    get.add_argument("wanted", type=words, metavar="REPO[:QUANT|FILE]", help=what)
    context(get, "context to choose the file for, in tokens")
    _add_downloads(commands)


def _add_downloads(commands: Commands[Parser]) -> None:
    downloads = family(
        commands, "downloads", "the downloads that are not finished, and those that are", "models downloads"
    )
    command(downloads, "list", "all of them (the same as without a word)", "models downloads list")
    pause = command(downloads, "pause", "stop one; what has arrived stays", "models downloads pause")
    pause.add_argument("id", type=_ID, metavar="ID")
    for name in ("resume", "retry"):
        about = {"resume": "go on with one, or with all", "retry": "try a failed one again, or all that failed"}[name]
        again = command(downloads, name, f"{about}; waits until it is done", f"models downloads {name}")
        again.add_argument("id", type=_ID, nargs="?", metavar="ID")
    cancel = command(downloads, "cancel", "stop one and delete what has arrived", "models downloads cancel")
    cancel.add_argument("id", type=_ID, metavar="ID")
    command(downloads, "clear", "take the finished ones off the list; their files stay", "models downloads clear")
