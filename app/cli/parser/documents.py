"""What can be typed about documents, and to ask a model."""

from __future__ import annotations

from app.cli.parser.forms import Commands, Parser, command, number, words


def add_documents(commands: Commands[Parser]) -> None:
    """``satchel documents ...``."""
    add = command(commands, "add", "index files and folders, and wait until it is done", "documents add")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--collection", metavar="NAME", help="add to this collection, or make it")
    add.add_argument("--no-wait", action="store_true", help="leave the indexing to the next start")
    status = command(commands, "status", "how far the index is, and which files were left out", "documents status")
    status.add_argument("collection", nargs="?", metavar="NAME")
    search = command(commands, "search", "the sentences and passages that answer best", "documents search")
    search.add_argument("query", type=words)
    _collections(search)
    search.add_argument("--limit", type=number(1, 50), default=6, metavar="N", help="passages, 1 to 50 (default: 6)")


def add_talk(commands: Commands[Parser]) -> None:
    """``satchel ask`` and ``satchel chat``."""
    ask = command(commands, "ask", "ask one question and get one answer")
    ask.add_argument("question", type=words)
    _talk(ask)
    chat = command(commands, "chat", "talk until you leave with Ctrl-D; Ctrl-C stops a reply", json=False)
    chat.add_argument("--conversation", type=int, metavar="ID", help="go on with this conversation")
    _talk(chat)


def _talk(parser: Parser) -> None:
    _collections(parser)
    parser.add_argument("--model", metavar="MODEL", help="name or number of a model in the library")


def _collections(parser: Parser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        default=[],
        metavar="NAME",
        dest="collections",
        help="answer from this collection (more than once: from all of these)",
    )
