"""What a model takes here, and how that comes about."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app.cli.models.records import record, verdict_record
from app.cli.models.which_model import model_or_file
from app.cli.terminal import Terminal
from app.core.sizes import size_text
from app.models.model import Verdict
from app.models.sizing import Lesson
from app.services.compose import Services

_TAUGHT_CONTEXTS = (512, 2048, 8192, 32_768, 131_072)


def size(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The parts of the sum, then the lesson."""
    subject = model_or_file(services, options.model)
    quantization = (options.quantization or "").upper()
    verdict = services.models.verdicts.of(
        subject,
        options.context,
        options.kv_type,
        measure=True,
        n_gpu_layers=options.gpu_layers,
        quantization=quantization,
    )
    if options.context is not None and verdict.n_ctx < options.context:
        terminal.note(f"This model was trained for {verdict.n_ctx:,} tokens; more than that is never used.")
    lesson = services.models.verdicts.lesson(subject, _contexts(verdict.n_ctx), options.kv_type)
    if options.json:
        terminal.json({**verdict_record(verdict), "quantization": quantization, "lesson": record(lesson)})
        return 0
    if quantization:
        terminal.line(f"As if it were quantized to {quantization}:")
    write_verdict(terminal, verdict)
    terminal.line()
    _write_lesson(terminal, lesson, verdict.n_ctx)
    return 0


def write_verdict(terminal: Terminal, verdict: Verdict) -> None:
    """Whether it fits, and the parts of the sum; by device where there are several."""
    terminal.paragraph(verdict.sentence)
    parts = [
        ("weights", verdict.weights_bytes),
        (f"KV cache, {verdict.n_ctx:,} tokens", verdict.kv_bytes),
        ("compute buffers", verdict.compute_bytes),
        ("other", verdict.other_bytes),
        ("together", verdict.total_bytes),
        ("available", verdict.available_bytes),
    ]
    _write_sizes(terminal, parts)
    if len(verdict.devices) > 1:
        terminal.line("By device:")
        _write_sizes(terminal, [(device.device, device.total_bytes) for device in verdict.devices])
    terminal.line("  Laid out by llama.cpp itself." if verdict.measured_by_llama else "  An estimate by formula.")


def _write_sizes(terminal: Terminal, parts: Sequence[tuple[str, int]]) -> None:
    width = max(len(name) for name, _ in parts)
    for name, size_bytes in parts:
        terminal.line(f"  {name.ljust(width)}  {size_text(size_bytes):>8}")


def _contexts(n_ctx: int) -> list[int]:
    """The taught ones up to the one that is asked for, and that one."""
    return sorted({*(context for context in _TAUGHT_CONTEXTS if context < n_ctx), n_ctx})


def _write_lesson(terminal: Terminal, lesson: Lesson, n_ctx: int) -> None:
    terminal.line(f"How the size comes about: {lesson.parameters:,} parameters, times the bits of each:")
    for row in lesson.rows:
        bits = f"{row.bits:.2f}" if row.this_file else f"{row.bits:.0f}"
        mark = "  this file" if row.this_file else ""
        terminal.line(f"  {bits:>5} bits  {size_text(row.weights_bytes):>8}{mark}")
    if not lesson.bytes_per_token:
        terminal.line("Then its state, which does not grow with the context:")
    else:
        terminal.line(f"Then the context, {size_text(round(lesson.bytes_per_token))} for each token:")
    for point in lesson.context:
        mark = "  asked for" if point.n_ctx == n_ctx and len(lesson.context) > 1 else ""
        terminal.line(f"  {point.n_ctx:>9,} tokens  {size_text(point.kv_bytes):>8}{mark}")
