"""The library, and adding files to it."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from app.cli.models.records import model_record, verdict_record
from app.cli.models.which_model import given_path
from app.cli.terminal import Terminal
from app.cli.words import counted, parameters, shortened
from app.core.errors import ModelError
from app.core.jobs import Progress
from app.core.sizes import size_text
from app.models.model import LibraryModel
from app.services.compose import Services


def list_all(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The library."""
    models = services.models.models()
    speeds = {model.id: measured_speed(services, model) for model in models}
    if options.json:
        terminal.json([{**model_record(model), "tokens_per_s": speeds[model.id]} for model in models])
    elif not models:
        terminal.line("There is no model yet. See “satchel models curated” for good ones to start with,")
        terminal.line("get one with “satchel models get REPO”, or add a file with “satchel models add FILE”.")
    else:
        rows = [
            (
                str(model.id),
                shortened(model.title),
                model.summary.kind,
                parameters(model.summary.parameters),
                model.summary.quantization,
                size_text(model.summary.size_bytes),
                f"{model.summary.n_ctx_train:,}",
                f"{speed:.1f}" if (speed := speeds[model.id]) else "",
                marks(model),
            )
            for model in models
        ]
        header = ("ID", "NAME", "KIND", "PARAMETERS", "TYPE", "SIZE", "CONTEXT", "TOKENS/S", "")
        terminal.table(header, rows, right=(0, 3, 5, 6, 7))
        _write_missing(terminal, models)
    return 0


def add(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Add a file after its header was read."""
    path = given_path(options.path)
    _refuse_adapter(services, path)
    _, verdict = services.models.verdicts.inspect(path)
    known = {model.id for model in services.models.models()}
    model = services.models.add(path, options.copy, lambda progress: terminal.progress(_copied(progress)))
    if options.json:
        terminal.json({"model": model_record(model), "verdict": verdict_record(verdict)})
    else:
        if model.id in known:
            terminal.line(f"It is in the library already: {describe(model)}.")
        else:
            terminal.line(f"Added {describe(model)}.")
        terminal.paragraph(verdict.sentence)
    return 0


def _refuse_adapter(services: Services, path: Path) -> None:
    """Errors: :class:`ModelError` for an adapter, with the models that it can be attached to."""
    offer = services.models.adapters.offer(path)
    if offer is None:
        return
    there = ", ".join(f"{model.id} ({model.title})" for model in offer.bases)
    command = f"satchel models adapter attach {offer.bases[0].id if there else 'MODEL'} {shlex.quote(str(path))}"
    raise ModelError(
        f"{path.name} is an adapter (LoRA), which changes another model.",
        f"It belongs to: {there}." if there else "The model that it was made for is not in the library.",
        f"Attach it with: {command}" if there else f"Add that model first, then: {command}",
    )


def describe(model: LibraryModel) -> str:
    """ "SmolLM2 135M Instruct (Q8_0, 145 MB) as number 1"."""
    summary = model.summary
    return f"{model.title} ({summary.quantization}, {size_text(summary.size_bytes)}) as number {model.id}"


def marks(model: LibraryModel) -> str:
    """What is unusual about a model, in a few words."""
    return ", ".join(
        words
        for words, holds in (
            ("missing", not model.present),
            ("the same as " + ", ".join(map(str, model.duplicates)), bool(model.duplicates)),
            ("another model than before", model.former is not None),
            ("template changed", model.template_changed),
            ("update available", model.newer is not None),
            (counted(len(model.adapters), "adapter"), bool(model.adapters)),
        )
        if holds
    )


def measured_speed(services: Services, model: LibraryModel) -> float | None:
    """Tokens a second of the last reply here; None before one, or while the file is not there."""
    try:
        measured = services.models.verdicts.measurements(model.id) if model.present else ()
    except ModelError:  # the file is another one now, and none that can be read
        return None
    return next((each.tokens_per_s for each in measured if each.tokens_per_s > 0), None)


def _write_missing(terminal: Terminal, models: Sequence[LibraryModel]) -> None:
    for model in models:
        if not model.present:
            terminal.line()
            terminal.paragraph(f"{model.title} is missing: {model.path}")
            terminal.paragraph(model.missing_reason, first="  ", rest="  ")
            if model.found_at:
                found = (
                    f"It may be {model.found_at} now: “satchel models relink {model.id}” looks at that and takes it."
                )
                terminal.paragraph(found, first="  ", rest="  ")


def _copied(progress: Progress) -> str:
    return f"Copying: {size_text(progress.done)} of {size_text(progress.total or progress.done)}"
