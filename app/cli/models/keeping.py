"""What a person keeps of a model: its name, a note, its template, and all of it when another one takes its place."""

from __future__ import annotations

import argparse
import difflib

from app.cli.models.records import model_record, record
from app.cli.models.which_model import find_model
from app.cli.terminal import Terminal
from app.cli.words import another_model
from app.models.library_values import ChatTemplate
from app.models.model import LibraryModel
from app.services.compose import Services


def rename(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Give it a name."""
    model = find_model(services, options.model)
    services.models.rename(model.id, options.name)
    now = find_model(services, str(model.id))
    if options.json:
        terminal.json(model_record(now))
    else:
        terminal.line(f"{model.title} is called {now.title} now.")
    return 0


def note(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Show or change the note."""
    model = find_model(services, options.model)
    if options.text is not None:
        services.models.set_notes(model.id, options.text)
        model = find_model(services, str(model.id))
    if options.json:
        terminal.json({"id": model.id, "notes": model.notes})
    elif options.text is None:
        terminal.paragraph(model.notes or "Nothing is noted about it.")
    else:
        terminal.line(f"Noted about {model.title}." if model.notes else f"The note about {model.title} is removed.")
    return 0


def template(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Show the chat template, what is another in it, or accept it."""
    model = find_model(services, options.model)
    found = services.models.template(model.id)
    if options.accept:
        services.models.acknowledge_template(model.id)
        found = services.models.template(model.id)
    if options.json:
        terminal.json({**record(found), "changed": found.changed})
    elif options.accept:
        terminal.line(f"The chat template of {model.title} is accepted as it is now.")
    elif options.diff:
        _write_difference(terminal, found)
    else:
        _write_template(terminal, model, found)
    return 0


def changed(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Say that the file is another model than before, and what is to become of what was kept."""
    model = find_model(services, options.model)
    if options.keep:
        services.models.keep_for_another(model.id)
    elif options.start_afresh:
        services.models.start_afresh(model.id)
    now = find_model(services, str(model.id))
    if options.json:
        terminal.json(model_record(now))
    elif options.keep:
        terminal.line(f"What you noted and set is kept for {now.title}.")
    elif options.start_afresh:
        terminal.line(f"{now.title} starts afresh: nothing is noted or set for it.")
    elif now.former is None:
        terminal.line(f"{now.title} is the model that it was.")
    else:
        terminal.paragraph(another_model(now.former, now.summary))
        terminal.note("Keep that with --keep, forget it with --start-afresh.")
    return 0


def _write_template(terminal: Terminal, model: LibraryModel, found: ChatTemplate) -> None:
    terminal.line(found.text or "Its file has no chat template.")
    if found.changed:
        terminal.note(
            f"The chat template of {model.title} is another than the one that you accepted: see it with --diff,"
            " take it with --accept."
        )


def _write_difference(terminal: Terminal, found: ChatTemplate) -> None:
    lines = difflib.unified_diff(
        found.accepted.splitlines(), found.text.splitlines(), "accepted", "in the file now", lineterm=""
    )
    written = False
    for line in lines:
        terminal.line(line)
        written = True
    if not written:
        terminal.line("It is the one that you accepted.")
