"""Downloading a model into the library."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.models.listing import describe
from app.cli.models.records import download_record, model_record, verdict_record
from app.cli.models.watching import Watched, how_to_go_on, watch
from app.cli.models.which_file import Choice, choose_file, parse_wanted
from app.cli.terminal import Terminal
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.download.values import Download
from app.models.hub.values import HubDetails, HubFile
from app.models.model import LibraryModel, Verdict
from app.services.compose import Services

INTERRUPTED = 130


def get(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Download a file, verify it and add it. Exit code 1 when that failed, 130 when Ctrl-C has paused it."""
    repo_id, wanted = parse_wanted(options.wanted)
    terminal.progress(f"Asking for {repo_id} …")
    details = services.hub.details(repo_id)
    if not wanted:
        terminal.progress("Working out which file is best for this machine …")
    choice = choose_file(services, details, wanted, options.context)
    file = choice.file
    assert file is not None, "an error was raised"
    present = _here(services, file)
    if present is not None:
        _write_result(terminal, options, None, present, choice, None)
        return 0
    verdict = _verdict(services, terminal, options, file)
    _say_choice(terminal, file, choice, verdict)
    download = services.downloads.add(file, _title(details, file))
    services.downloads.move_first(download.id)
    watched = watch(services, terminal, [download.id])
    if watched.interrupted:
        how_to_go_on(terminal, watched)
        return INTERRUPTED
    ended = _ended(watched, download)
    _write_result(terminal, options, ended, shelved(services, ended), choice, verdict)
    return 0


def _ended(watched: Watched, download: Download) -> Download:
    """The download as it ended well. Errors: :class:`ModelError` with why it did not."""
    if not watched.downloads:
        raise ModelError(f"{download.title} was not downloaded.", "It was cancelled elsewhere.", "Get it again.")
    (ended,) = watched.downloads
    if ended.state == "done":
        return ended
    go_on = f"What has arrived is kept. Go on with: satchel models downloads resume {ended.id}"
    raise ModelError(f"{ended.title} was not downloaded.", ended.problem or "It was paused elsewhere.", go_on)


def _here(services: Services, file: HubFile) -> LibraryModel | None:
    """The model of the library that this very file is."""
    for model in services.models.models():
        source = model.source
        if not model.present or source is None or source.repo_id != file.repo_id or source.file != file.paths[0]:
            continue
        if source.revision == file.revision or (model.sha256 and model.sha256 == file.sha256s[0]):
            return model
    return None


def shelved(services: Services, download: Download) -> LibraryModel | None:
    """The model that a finished download became; None for a file that is no model, or could not be added."""
    target = str(Path(download.target).resolve())
    return next((model for model in services.models.models() if str(Path(model.path).resolve()) == target), None)


def _verdict(services: Services, terminal: Terminal, options: argparse.Namespace, file: HubFile) -> Verdict | None:
    """Whether it will fit: a header that llama.cpp refuses is not worth gigabytes. Errors: :class:`ModelError`."""
    if file.role != "model":
        return None
    terminal.progress("Reading its header …")
    return services.hub.verdict(file, options.context, measure=True)


def _say_choice(terminal: Terminal, file: HubFile, choice: Choice, verdict: Verdict | None) -> None:
    name = file.quantization or file.name
    terminal.note(
        f"{file.repo_id}: {name}, {size_text(file.size_bytes)}" if file.size_bytes else f"{file.repo_id}: {name}"
    )
    for reason in choice.reasons:
        terminal.note(f"  {reason}")
    if verdict is not None:
        terminal.note(f"  {verdict.sentence}")


def _title(details: HubDetails, file: HubFile) -> str:
    return details.model.title if file.role == "model" else file.name


def write_finished(terminal: Terminal, download: Download, model: LibraryModel | None) -> None:
    """What a finished download became."""
    if model is None:
        terminal.line(f"Downloaded and verified: {download.target}")
    else:
        terminal.line(f"Downloaded and verified: {describe(model)}.")
        if model.summary.kind != "embedding":
            terminal.line(f"Try it with: satchel chat --model {model.id}")
    for words in (download.problem, download.note):
        if words:
            terminal.note(words)


def _write_result(
    terminal: Terminal,
    options: argparse.Namespace,
    download: Download | None,
    model: LibraryModel | None,
    choice: Choice,
    verdict: Verdict | None,
) -> None:
    if options.json:
        made: dict[str, Any] = {
            "download": download_record(download) if download is not None else None,
            "model": model_record(model) if model is not None else None,
            "verdict": verdict_record(verdict) if verdict is not None else None,
            "reasons": list(choice.reasons),
        }
        terminal.json(made)
        return
    if download is not None:
        write_finished(terminal, download, model)
    elif model is not None:
        terminal.line(f"It is here already: {describe(model)}.")
