"""Models that other programs have here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from app.cli.models.listing import describe
from app.cli.models.records import model_record, record
from app.cli.models.which_model import given_path
from app.cli.terminal import Terminal
from app.cli.words import counted, shortened
from app.core.errors import ModelError
from app.core.jobs import Progress
from app.core.sizes import size_text
from app.models.places.values import FoundModel, PlaceReport
from app.services.compose import Services


def find(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """What each program has, numbered through."""
    reports = _look(services, terminal)
    if options.json:
        numbers = iter(range(1, 1 + sum(len(report.found) for report in reports)))
        places = []
        for report in reports:
            found = [{"number": next(numbers), **record(each)} for each in report.found]
            places.append({**record(report), "found": found})
        terminal.json(places)
        return 0
    if not any(report.found or report.problems for report in reports):
        terminal.line("Ollama, LM Studio, GPT4All, Jan and the Hugging Face cache have no models here.")
        return 0
    _write_reports(terminal, reports)
    terminal.note("Use one where it is with: satchel models use NUMBER")
    return 0


def use(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Add what was found, in place. Exit code 1 when one could not be added; the others are."""
    found = _all(_look(services, terminal))
    chosen = [_chosen(found, wanted) for wanted in options.wanted]
    added = services.models.places.add(chosen, lambda progress: terminal.progress(f"Reading {progress.phase}"))
    if options.json:
        terminal.json([model_record(model) for model in added.models])
    else:
        for model in added.models:
            terminal.line(f"Added {describe(model)}, used where it is.")
        for adapter in added.adapters:
            name, number = adapter.summary.name, adapter.id
            terminal.line(f"Added the adapter {name}. Use it with: satchel models adapter attach MODEL {number}")
    for name, error in added.failed:
        terminal.error(ModelError(f"{name} was not added.", f"{error.what} {error.why}".strip(), error.next_step))
    return 1 if added.failed else 0


def looked_at(progress: Progress) -> str:
    """ "Looking in the folders of Ollama: 1,250 files"."""
    files = f": {counted(progress.done, 'file')}" if progress.done else " …"
    return f"Looking in the folders of {progress.phase}{files}"


def _look(services: Services, terminal: Terminal) -> tuple[PlaceReport, ...]:
    return services.models.places.find(lambda progress: terminal.progress(looked_at(progress)))


def _all(reports: Sequence[PlaceReport]) -> list[FoundModel]:
    return [found for report in reports for found in report.found]


def _chosen(found: Sequence[FoundModel], wanted: str) -> FoundModel:
    if wanted.isdecimal():
        number = int(wanted)
        if 1 <= number <= len(found):
            return found[number - 1]
        raise ModelError(f"There is no number {wanted}.", "", "See “satchel models find” for those there are.")
    path = given_path(wanted)
    match = next((each for each in found if each.path and _same(Path(each.path), path)), None)
    if match is None:
        next_step = f"Add it as any other file: satchel models add {wanted}" if path.is_file() else "Check the path."
        raise ModelError(f"{wanted} is not among the models of other programs.", "", next_step)
    return match


def _state(found: FoundModel) -> str:
    if found.problem:
        return found.problem
    kind = "" if found.kind == "model" else found.kind
    also = f"also called {', '.join(found.other_names)}" if found.other_names else ""
    return ", ".join(words for words in ("in the library" if found.in_library else "", kind, also) if words)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _write_reports(terminal: Terminal, reports: Sequence[PlaceReport]) -> None:
    number = 0
    for report in reports:
        if not report.found and not report.problems:
            continue
        terminal.line(f"{report.program}: {report.folder}")
        rows = []
        for found in report.found:
            number += 1
            rows.append((str(number), shortened(found.name), size_text(found.size_bytes), _state(found)))
        if rows:
            terminal.table(("  NUMBER", "NAME", "SIZE", ""), rows, right=(0, 2))
        for problem in report.problems:
            terminal.paragraph(problem, first="  ", rest="  ")
        terminal.line()
