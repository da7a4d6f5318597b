"""What can be typed to change what is kept of a model."""

from __future__ import annotations

import argparse
import math

from app.cli.parser.forms import Commands, Parser, command, group, pair
from app.cli.parser.library import MODEL


def add_keeping(commands: Commands[Parser]) -> None:
    """``satchel models rename`` to ``satchel models update-check``."""
    rename = command(commands, "rename", "give a model a name of your own", "models rename")
    rename.add_argument("model", metavar="MODEL", help=MODEL)
    rename.add_argument("name", metavar="NAME", help="an empty one takes the file's again")
    note = command(commands, "note", "show or change what you noted about a model", "models note")
    note.add_argument("model", metavar="MODEL", help=MODEL)
    note.add_argument("text", nargs="?", metavar="TEXT", help="an empty one removes the note")
    template = command(commands, "template", "a model's chat template", "models template")
    template.add_argument("model", metavar="MODEL", help=MODEL)
    how = template.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="what is another in it since you accepted it")
    how.add_argument("--accept", action="store_true", help="take it as it is now")
    changed = command(commands, "changed", "what to do with a file that is another model now", "models changed")
    changed.add_argument("model", metavar="MODEL", help=MODEL)
    what = changed.add_mutually_exclusive_group()
    what.add_argument("--keep", action="store_true", help="keep what you noted and set for the former one")
    what.add_argument("--start-afresh", action="store_true", help="forget that, as if it were added now")
    preset = command(commands, "preset", "show or change how a model is loaded and talks", "models preset")
    preset.add_argument("model", metavar="MODEL", help=MODEL)
    preset.add_argument(
        "changes", nargs="*", type=pair, metavar="KEY=VALUE", help="such as temperature=0.7; KEY=default takes it back"
    )
    preset.add_argument("--reset", action="store_true", help="take everything back first")
    _add_adapters(group(commands, "adapter", "LoRA adapters of a model"))
    update = command(commands, "update-check", "ask the hub whether there is a newer file", "models update-check")
    update.add_argument("model", metavar="MODEL", help=MODEL)


def _add_adapters(commands: Commands[Parser]) -> None:
    attach = command(commands, "attach", "use an adapter with a model, or change its scale", "models adapter attach")
    attach.add_argument("model", metavar="MODEL", help=MODEL)
    attach.add_argument("adapter", metavar="FILE", help="a GGUF file, or an adapter's number or name")
    attach.add_argument(
        "--scale", type=_scale, metavar="S", help="1 as it was trained, 0 off (default: as it was, else 1)"
    )
    detach = command(commands, "detach", "use it no more", "models adapter detach")
    detach.add_argument("model", metavar="MODEL", help=MODEL)
    detach.add_argument("adapter", metavar="FILE", help="the file, or the adapter's number or name")
    listing = command(commands, "list", "the adapters there are, and which of them suit a model", "models adapter list")
    listing.add_argument("model", metavar="MODEL", help=MODEL)


def _scale(typed: str) -> float:
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"“{typed}” is no number")
    return value
