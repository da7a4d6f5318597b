"""Deleting models so that it can be undone, and finding moved ones again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.models.listing import describe
from app.cli.models.places import looked_at
from app.cli.models.records import model_record, record
from app.cli.models.which_model import find_model, given_path
from app.cli.terminal import Terminal
from app.cli.words import counted, day, percent
from app.core.errors import ModelError, SatchelError
from app.core.jobs import Progress
from app.core.sizes import size_text
from app.models.library_values import TrashedModel
from app.services.compose import Services


def delete(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Remove a model."""
    model = find_model(services, options.model)
    services.models.delete(model.id)
    trashed = next((each for each in services.models.trash.all() if each.model_id == model.id), None)
    if options.json:
        terminal.json(record(trashed) if trashed is not None else None)
        return 0
    terminal.line(f"Removed {model.title}.")
    if model.in_place:
        terminal.paragraph(f"Its file stays where it is: {model.path}", first="  ", rest="  ")
    elif trashed is not None:
        until = day(trashed.purged_at)
        terminal.paragraph(f"{size_text(trashed.size_bytes)} are in the trash until {until}.", first="  ", rest="  ")
    terminal.line(f"  Bring it back with: satchel models trash restore {model.id}")
    return 0


def trash(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The models that can be brought back."""
    trashed = services.models.trash.all()
    if options.json:
        terminal.json([record(each) for each in trashed])
    elif not trashed:
        terminal.line("The trash is empty.")
    else:
        rows = [
            (
                str(each.model_id),
                each.title,
                size_text(each.size_bytes) if each.size_bytes else "file not touched",
                day(each.deleted_at),
                day(each.purged_at),
            )
            for each in trashed
        ]
        terminal.table(("ID", "NAME", "SIZE", "DELETED", "KEPT UNTIL"), rows, right=(0, 2))
    return 0


def restore(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Bring one back."""
    if all(each.model_id != options.id for each in services.models.trash.all()):
        raise ModelError(f"There is no number {options.id} in the trash.", "", "See “satchel models trash”.")
    model = services.models.undelete(options.id)
    if options.json:
        terminal.json(model_record(model))
    else:
        terminal.line(f"Back again: {describe(model)}.")
    return 0


def empty(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Delete them for good, once that was confirmed. Exit code 1 when it was not."""
    trashed = services.models.trash.all()
    if trashed and not options.yes and not _confirmed(terminal, trashed):
        terminal.note("Nothing was deleted.")
        return 1
    freed = services.models.trash.empty()
    if options.json:
        terminal.json({"models": len(trashed), "freed_bytes": freed})
    elif not trashed:
        terminal.line("The trash is empty.")
    else:
        terminal.line(f"Deleted for good: {counted(len(trashed), 'model')}. {size_text(freed)} are free now.")
    return 0


def relink(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Take another file for a missing model."""
    model = find_model(services, options.model)
    now = model
    if options.path is not None or not model.present:
        found = given_path(options.path) if options.path is not None else _found(services, terminal, model.id)
        now = services.models.moved.relink(model.id, found, lambda progress: terminal.progress(_how_far(progress)))
    if options.json:
        terminal.json(model_record(now))
    else:
        terminal.line(f"{now.title} is at {now.path}" + ("." if now.path == model.path else " now."))
    return 0


def _found(services: Services, terminal: Terminal, model_id: int) -> Path | None:
    where = services.models.moved.look_for(model_id, lambda progress: terminal.progress(_how_far(progress)))
    return Path(where) if where else None


def _how_far(progress: Progress) -> str:
    if progress.unit == "bytes":
        share = percent(progress.done, progress.total)
        return f"Comparing its content: {share} of {size_text(progress.total)}"
    return looked_at(progress)


def _confirmed(terminal: Terminal, trashed: tuple[TrashedModel, ...]) -> bool:
    """Whether the person says yes. Errors: :class:`SatchelError` when nobody can be asked."""
    size = size_text(sum(each.size_bytes for each in trashed))
    if sys.stdin is None or not sys.stdin.isatty():
        why = f"{counted(len(trashed), 'model')} ({size}) would be gone for good."
        raise SatchelError("The trash was not emptied.", why, "Say --yes if you mean it.")
    terminal.note(f"This deletes {counted(len(trashed), 'model')} ({size}) for good. Type yes to go on.")
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
