"""Everything that is known of one model."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from app.cli.models.records import measurement_record, model_record, record, verdict_record
from app.cli.models.which_model import find_model
from app.cli.terminal import Terminal
from app.cli.words import another_model, day, parameters
from app.core.sizes import size_text
from app.models.model import LibraryModel, ModelKind, Verdict
from app.models.preset import Preset
from app.services.compose import Services
from app.storage.measurements import Measurement

_KINDS: dict[ModelKind, str] = {
    "chat": "chat",
    "base": "text only, no chat template",
    "embedding": "finds passages in documents",
}


def info(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The header's facts, where it is from, what it takes, how it is used, what is noted."""
    model = find_model(services, options.model)
    preset = services.models.presets.of(model.id)
    verdict = services.models.verdicts.of(model.id) if model.present else None
    measured = services.models.verdicts.measurements(model.id) if model.present else ()
    if options.json:
        terminal.json(
            {
                **model_record(model),
                "verdict": verdict_record(verdict) if verdict is not None else None,
                "measurements": [measurement_record(each) for each in measured],
                "preset": record(preset),
            }
        )
        return 0
    terminal.line(f"{model.title} ({model.id})")
    if model.former is not None:
        terminal.paragraph(another_model(model.former, model.summary), first="  ", rest="  ")
        terminal.line(f"  What is to become of that: satchel models changed {model.id} --keep, or --start-afresh")
    rows = [*_facts(model), *_places(model), *_states(model, preset), *_memory(verdict, measured)]
    _write_rows(terminal, rows)
    if not model.present:
        terminal.paragraph(model.missing_reason, first="  ", rest="  ")
    if model.notes:
        terminal.line()
        terminal.paragraph(model.notes)
    return 0


def _facts(model: LibraryModel) -> Iterator[tuple[str, str]]:
    summary = model.summary
    yield "kind", _KINDS[summary.kind]
    yield "architecture", f"{summary.architecture}, {summary.n_layers} layers"
    active = summary.active_parameters
    some = f", {parameters(active)} of them active for each token" if 0 < active < summary.parameters else ""
    yield "parameters", (parameters(summary.parameters) or "not known") + some
    yield "quantization", f"{summary.quantization}, really {summary.bits_per_weight:.2f} bits per weight"
    parts = f" in {len(model.files)} files" if len(model.files) > 1 else ""
    yield "size", size_text(summary.size_bytes) + parts
    yield "context", f"trained for {summary.n_ctx_train:,} tokens"
    yield "licence", summary.license or "not stated in the file"


def _places(model: LibraryModel) -> Iterator[tuple[str, str]]:
    yield "file", model.path + ("" if model.present else " (missing)")
    owner = f"{model.program}'s, used where it is" if model.program else "used where it is"
    yield "belongs to", owner if model.in_place else "Satchel"
    source = model.source
    if source is not None:
        where = f" at {source.endpoint}" if source.endpoint else ""
        revision = f", revision {source.revision[:12]}" if source.revision else ""
        yield "source", f"{source.repo_id}{where}: {source.file}{revision}"
    newer = model.newer
    if newer is not None:
        yield "update", f"{newer.sentence} Known since {day(newer.found_at)}."
    if model.hashed:
        yield from (("sha256", each) for each in model.sha256s)
    else:
        yield "sha256", f"not known yet: satchel models hash {model.id}"
    if model.duplicates:
        yield "the same as", ", ".join(map(str, model.duplicates))
    yield "added", day(model.added_at)


def _states(model: LibraryModel, preset: Preset) -> Iterator[tuple[str, str]]:
    if model.summary.chat_template:
        changed = (
            "changed since you accepted it: see it with --diff" if model.template_changed else "as you accepted it"
        )
        yield "template", f"{len(model.summary.chat_template):,} characters, {changed}"
    for attached in model.adapters:
        gone = "" if attached.adapter.present else f"; its file is missing: {attached.adapter.path}"
        yield "adapter", f"{attached.adapter.summary.name}, scale {attached.scale:g}{gone}"
    chosen = {key: value for key, value in record(preset).items() if value is not None and key != "system_prompt"}
    words = [f"{key} {value}" for key, value in chosen.items()]
    if preset.system_prompt is not None:
        words.append("a system prompt")
    yield "preset", ", ".join(words) or "as the model and the settings say"


def _memory(verdict: Verdict | None, measured: Sequence[Measurement]) -> Iterator[tuple[str, str]]:
    if verdict is not None:
        how = "" if verdict.measured_by_llama else " This is an estimate."
        yield "memory", f"{verdict.sentence} That is with {verdict.n_ctx:,} tokens.{how}"
    for each in measured[:1]:
        speed = f", {each.tokens_per_s:.1f} tokens per second" if each.tokens_per_s else ""
        yield "last loaded", f"{day(each.measured_at)}: {each.sentence}{speed}"


def _write_rows(terminal: Terminal, rows: Sequence[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        terminal.paragraph(value, first=f"  {name.ljust(width)}", rest=" " * (width + 2))
