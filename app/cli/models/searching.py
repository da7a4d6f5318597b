"""Finding models on the hub: lists, and one repository with what of it fits here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.cli.models.records import hub_file_record, hub_model_record, record, verdict_record
from app.cli.models.which_file import Choice, choose_file
from app.cli.terminal import Terminal
from app.cli.words import FIT_WORDS, ago, counted, parameters, short_number
from app.core.errors import DoesNotFit, ModelError
from app.core.sizes import size_text
from app.models.hub.estimate import estimated_fit
from app.models.hub.values import CuratedModel, HubDetails, HubFile, HubModel
from app.models.model import Fit, Verdict
from app.services.compose import Services


def search(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """GGUF models with these words in their name."""
    page = services.hub.search(options.query, sort=options.sort, limit=options.limit)
    models = page.models[: options.limit]
    if options.json:
        terminal.json([hub_model_record(model) for model in models])
    elif not models:
        terminal.line(f"No GGUF model is called “{options.query}”. Try fewer words: “satchel models search llama”.")
    else:
        rows = [
            (
                model.repo_id,
                parameters(model.parameters),
                model.license,
                short_number(model.downloads),
                short_number(model.likes),
                ago(model.updated_at),
                ", ".join(_marks(model)),
            )
            for model in models
        ]
        header = ("REPOSITORY", "PARAMETERS", "LICENCE", "DOWNLOADS", "LIKES", "UPDATED", "")
        terminal.table(header, rows, right=(1, 3, 4))
        if page.next:
            terminal.note("There are more: use other words, or a higher --limit.")
    return 0


def curated(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The list to start with."""
    models = [model for model in services.hub.curated() if options.purpose in (None, model.purpose)]
    if options.json:
        terminal.json([record(model) for model in models])
        return 0
    groups: dict[str, list[CuratedModel]] = {}
    for model in models:
        groups.setdefault(model.purpose, []).append(model)
    for number, (purpose, found) in enumerate(groups.items()):
        if number:
            terminal.line()
        terminal.line(f"{purpose.capitalize()}:")
        for each in found:
            terminal.line(f"  {each.repo_id}  ({parameters(each.parameters)}, {each.license})")
            terminal.paragraph(each.about, first="      ", rest="      ")
    return 0


def show(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """One repository: its files with their sizes, and whether they fit."""
    details = services.hub.details(options.repo)
    judged = _judge(services, terminal, options, details)
    if options.json:
        files = [{**hub_file_record(file), **judged.as_record(file)} for file in details.files]
        terminal.json(
            {
                "model": hub_model_record(details.model),
                "revision": details.revision,
                "files": files,
                "best": judged.best.name if judged.best is not None else None,
                "reasons": list(judged.reasons),
            }
        )
    else:
        _write_about(terminal, details.model)
        _write_files(terminal, details.files, judged)
    return 0


@dataclass(frozen=True)
class _Judged:
    """What is known of whether the files of a repository fit. ``fits``: estimates, for those without a verdict."""

    best: HubFile | None
    reasons: tuple[str, ...]
    verdicts: Mapping[HubFile, Verdict]
    fits: Mapping[HubFile, Fit]
    problems: Mapping[HubFile, ModelError]

    def words(self, file: HubFile) -> str:
        """For the table."""
        if file in self.problems:
            return "cannot be used"
        if file in self.verdicts:
            verdict = self.verdicts[file]
            return f"{FIT_WORDS[verdict.fit]}: takes {size_text(verdict.total_bytes)}"
        return f"{FIT_WORDS[self.fits[file]]}, by its size" if file in self.fits else ""

    def as_record(self, file: HubFile) -> dict[str, object]:
        """For programs."""
        verdict, problem = self.verdicts.get(file), self.problems.get(file)
        return {
            "fit": verdict.fit if verdict is not None else self.fits.get(file),
            "exact": verdict is not None,
            "verdict": verdict_record(verdict) if verdict is not None else None,
            "problem": str(problem) if problem is not None else "",
        }


def _judge(services: Services, terminal: Terminal, options: argparse.Namespace, details: HubDetails) -> _Judged:
    models = [file for file in details.files if file.role == "model" and file.size_bytes]
    verdicts: dict[HubFile, Verdict] = {}
    problems: dict[HubFile, ModelError] = {}
    choice = Choice(None, ())
    if models:
        terminal.progress("Working out which file is best for this machine …")
        try:
            choice = choose_file(services, details, "", options.context)
        except DoesNotFit as error:
            choice = Choice(None, (error.why, error.next_step))
        except ModelError as error:  # of the header that was looked at; the list is of use all the same
            choice = Choice(None, (f"Which is the best one could not be worked out: {error}",))
    asked = models if options.exact else [file for file in models if file == choice.file]
    for number, file in enumerate(asked, start=1):
        terminal.progress(f"Reading headers: {number} of {len(asked)}  {file.name}")
        try:
            verdicts[file] = services.hub.verdict(file, options.context, options.kv_type, measure=True)
        except ModelError as error:
            problems[file] = error
    room = next((verdict.available_bytes for verdict in verdicts.values()), None)
    room = services.models.machine.read().memory_available_bytes if room is None else room
    fits = {file: estimated_fit(file.size_bytes, room) for file in models if file not in verdicts}
    return _Judged(choice.file, choice.reasons, verdicts, fits, problems)


def _write_about(terminal: Terminal, model: HubModel) -> None:
    terminal.line(model.repo_id)
    facts = [
        f"{parameters(model.parameters)} parameters" if model.parameters else "",
        model.architecture,
        f"trained for {model.n_ctx_train:,} tokens" if model.n_ctx_train else "",
        f"licence {model.license}" if model.license else "licence not stated",
        counted(model.downloads, "download"),
        counted(model.likes, "like"),
        f"updated {ago(model.updated_at)}" if model.updated_at else "",
        *_marks(model),
    ]
    terminal.paragraph(" · ".join(fact for fact in facts if fact), first="  ", rest="  ")


def _write_files(terminal: Terminal, files: Sequence[HubFile], judged: _Judged) -> None:
    terminal.line()
    if not files:
        terminal.line("There is no GGUF file in it. Look for a repository with GGUF in its name.")
        return
    rows = [
        (
            "*" if file == judged.best else "",
            file.quantization or file.role,
            size_text(file.size_bytes) if file.size_bytes else "?",
            judged.words(file) if file.role == "model" else f"({file.role})",
            file.name + (f" ({len(file.paths)} parts)" if file.split else ""),
        )
        for file in files
        if file.role != "other"
    ]
    n_ctx = next((verdict.n_ctx for verdict in judged.verdicts.values()), 0)
    here = f"HERE, WITH {n_ctx:,} TOKENS" if n_ctx else "HERE"
    terminal.table(("", "TYPE", "SIZE", here, "FILE"), rows, right=(2,))
    for file, problem in judged.problems.items():
        terminal.paragraph(f"{file.name}: {problem}")
    if judged.reasons:
        terminal.line()
    if judged.best is not None:
        terminal.paragraph(f"* Best for this machine: {judged.best.quantization or judged.best.name}.")
    for reason in judged.reasons:
        terminal.paragraph(reason, first="  ", rest="  ")
    if judged.best is not None:
        terminal.line(f"Get it with: satchel models get {judged.best.repo_id}")


def _marks(model: HubModel) -> list[str]:
    gated = {"": "", "auto": "asks for consent", "manual": "asks for its author's consent"}[model.gated]
    return [mark for mark in ("private" if model.private else "", gated, model.purpose) if mark]
