"""The commands about this machine and the models."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.records import machine_record, model_record, verdict_record
from app.cli.terminal import Terminal
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.model import LibraryModel, Verdict
from app.services.compose import Services


def hardware(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """What this machine has, in words."""
    words = list(services.models.machine_words())
    if options.json:
        terminal.json(machine_record(services.models.machine(), services.models.backend(), words))
    else:
        for sentence in words:
            terminal.paragraph(sentence)
    return 0


def list_all(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The library."""
    models = services.models.models()
    if options.json:
        terminal.json([model_record(model) for model in models])
    elif not models:
        terminal.line("There is no model yet. Add one with: satchel models add FILE")
    else:
        rows = [
            (
                str(model.id),
                model.title,
                model.summary.kind,
                model.summary.quantization,
                size_text(model.summary.size_bytes),
                f"{model.summary.n_ctx_train:,}",
                model.path if model.present else f"{model.path} (not there now)",
            )
            for model in models
        ]
        terminal.table(("ID", "NAME", "KIND", "TYPE", "SIZE", "CONTEXT", "FILE"), rows, right=(0, 4, 5))
    return 0


def add(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Add a file after its header was read."""
    path = Path(options.path).expanduser().absolute()
    _, verdict = services.models.inspect(path)
    model = services.models.add(path, copy=options.copy)
    if options.json:
        terminal.json({"model": model_record(model), "verdict": verdict_record(verdict)})
    else:
        terminal.line(f"Added {model.title} ({model.summary.quantization}, {size_text(model.summary.size_bytes)}).")
        terminal.paragraph(verdict.sentence)
    return 0


def size(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The parts of the sum."""
    path = Path(options.model).expanduser().absolute()
    subject = path if path.is_file() else find_model(services, options.model).id
    verdict = services.models.verdict(subject, options.context, options.kv_type, measure=True)
    if options.context is not None and verdict.n_ctx < options.context:
        terminal.note(f"This model was trained for {verdict.n_ctx:,} tokens; more than that is never used.")
    if options.json:
        terminal.json(verdict_record(verdict))
    else:
        _write_verdict(terminal, verdict)
    return 0


def find_model(services: Services, wanted: str) -> LibraryModel:
    """A model by its number or (the beginning of) its name. Errors: ModelError when none or several match."""
    models = services.models.models()
    exact = [m for m in models if wanted == str(m.id) or wanted.lower() == m.title.lower()]
    found = exact or [m for m in models if m.title.lower().startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{model.id} ({model.title})" for model in found)
        raise ModelError(f"More than one model is called “{wanted}”.", f"These are: {names}.", "Give its number.")
    raise ModelError(f"There is no model “{wanted}”.", "", "See “satchel models list” for those there are.")


def _write_verdict(terminal: Terminal, verdict: Verdict) -> None:
    terminal.paragraph(verdict.sentence)
    parts = [
        ("weights", verdict.weights_bytes),
        (f"KV cache, {verdict.n_ctx:,} tokens", verdict.kv_bytes),
        ("compute buffers", verdict.compute_bytes),
        ("other", verdict.other_bytes),
        ("together", verdict.total_bytes),
        ("available", verdict.available_bytes),
    ]
    width = max(len(name) for name, _ in parts)
    for name, size in parts:
        terminal.line(f"  {name.ljust(width)}  {size_text(size):>8}")
    terminal.line("  Laid out by llama.cpp itself." if verdict.measured_by_llama else "  An estimate by formula.")
