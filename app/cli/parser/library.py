"""What can be typed about the models that are here: what there is, and what a model takes."""

from __future__ import annotations

from app.cli.parser.forms import Commands, Parser, command, context, family, number, words
from app.models.kv_type import KV_TYPES

MODEL = "name or number of a model in the library"
_OR_FILE = f"a GGUF file, or {MODEL}"


def add_library(commands: Commands[Parser]) -> None:
    """``satchel models list`` to ``satchel models trash``."""
    command(commands, "list", "the models that are here", "models list")
    info = command(commands, "info", "everything that is known of a model", "models info")
    info.add_argument("model", metavar="MODEL", help=MODEL)
    add = command(commands, "add", "add a GGUF file to the library, used where it is", "models add")
    add.add_argument("path", metavar="FILE")
    add.add_argument("--copy", action="store_true", help="copy the file into Satchel's folder")
    command(commands, "find", "models that other programs have on this machine", "models find")
    use = command(commands, "use", "add models of other programs, used where they are", "models use")
    use.add_argument("wanted", nargs="+", type=words, metavar="PATH|NUMBER", help="as “models find” lists them")
    _add_sizes(commands)
    _add_removal(commands)


def _add_sizes(commands: Commands[Parser]) -> None:
    size = command(
        commands, "size", "what a model takes here, before it is loaded, and how that comes about", "models size"
    )
    size.add_argument("model", metavar="MODEL", help=_OR_FILE)
    context(size)
    size.add_argument("--kv-type", choices=KV_TYPES, help="type of the KV cache; default: as it would be loaded")
    size.add_argument(
        "--gpu-layers", type=number(-1, 10_000), metavar="N", help="-1: all; default: as it would be loaded"
    )
    size.add_argument("--quantization", type=words, metavar="TYPE", help="as if it were quantized so, e.g. Q4_K_M")
    plan = command(commands, "plan", "how to load a model on this machine, and why so", "models plan")
    plan.add_argument("model", metavar="MODEL", help=f"{_OR_FILE}, or a repository on the hub (author/name)")
    context(plan, "context wished for, in tokens; default: as much as is useful")
    plan.add_argument("--kv-type", choices=KV_TYPES, action="append", dest="kv_types", help="allow only this KV cache")
    plan.add_argument(
        "--quantization",
        action="append",
        default=[],
        type=words,
        dest="quantizations",
        metavar="TYPE",
        help="consider quantizing it so, too (more than once: these)",
    )


def _add_removal(commands: Commands[Parser]) -> None:
    command(commands, "duplicates", "models that are here twice, and what that costs", "models duplicates")
    sha = command(commands, "hash", "the SHA-256 of a model's files", "models hash")
    sha.add_argument("model", metavar="MODEL", help=MODEL)
    relink = command(commands, "relink", "say where the file of a missing model is now", "models relink")
    relink.add_argument("model", metavar="MODEL", help=MODEL)
    relink.add_argument("path", nargs="?", metavar="FILE", help="default: where it was found again")
    delete = command(
        commands, "delete", "remove a model; Satchel's own copy stays in the trash for 30 days", "models delete"
    )
    delete.add_argument("model", metavar="MODEL", help=MODEL)
    trash = family(commands, "trash", "the models that were removed", "models trash")
    command(trash, "list", "all of them (the same as without a word)", "models trash list")
    restore = command(trash, "restore", "bring one back", "models trash restore")
    restore.add_argument("id", type=number(1, 1_000_000_000), metavar="ID")
    empty = command(trash, "empty", "delete them for good", "models trash empty")
    empty.add_argument("--yes", action="store_true", help="do not ask")
