"""Hashes of model files, and which of them are here twice."""

from __future__ import annotations

import argparse

from app.cli.models.records import group_record
from app.cli.models.which_model import find_model
from app.cli.terminal import Terminal
from app.cli.words import percent
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.library_values import DuplicateGroup
from app.services.compose import Services

_LOOK_EVERY_S = 0.5


def hash_model(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """The SHA-256 of each of a model's files; computed once."""
    model = find_model(services, options.model)
    if not model.present:
        raise ModelError(
            f"{model.title} cannot be hashed.", model.missing_reason, "See “satchel models relink --help”."
        )
    services.models.hashing.add_model(model)
    _wait(services, terminal)
    now = find_model(services, str(model.id))
    if not now.hashed:
        raise ModelError(
            f"{model.title} could not be hashed.", "A file of it changes, or cannot be read.", "Try again."
        )
    if options.json:
        files = [{"path": path, "sha256": sha256} for path, sha256 in zip(now.files, now.sha256s, strict=True)]
        terminal.json({"id": now.id, "path": now.path, "sha256": now.sha256, "files": files})
        return 0
    for path, sha256 in zip(now.files, now.sha256s, strict=True):
        terminal.line(f"{sha256}  {path}")  # as sha256sum writes it
    return 0


def duplicates(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Files with the same content. Those of the same length are hashed first, once."""
    services.models.duplicates.look()
    _wait(services, terminal)
    groups = services.models.duplicates.all()
    if options.json:
        terminal.json([group_record(group) for group in groups])
    elif not groups:
        terminal.line("No model is here twice.")
    else:
        for group in groups:
            _write_group(terminal, group)
        freeable = sum(group.freeable_bytes for group in groups)
        if freeable:
            terminal.line(f"Deleting Satchel's own copies would free {size_text(freeable)}: satchel models delete ID")
        else:
            wasted = size_text(sum(group.wasted_bytes for group in groups))
            terminal.paragraph(
                f"With each of them once, {wasted} would be free. None of the copies is Satchel's own: "
                "which to delete is for you and the programs that have them."
            )
    return 0


def _write_group(terminal: Terminal, group: DuplicateGroup) -> None:
    terminal.line(f"{len(group.copies)} times {size_text(group.size_bytes)}, sha256 {group.sha256[:12]}…:")
    for copy in group.copies:
        whose = "Satchel's own" if copy.freeable else copy.program or "yours"
        terminal.line(f"{copy.model_id:>4}  {copy.title}, {whose}")
        terminal.line(copy.path, indent=" " * 6)
    terminal.line()


def _wait(services: Services, terminal: Terminal) -> None:
    """Until nothing is hashed any more; Ctrl-C ends it, and what was hashed whole stays known."""
    while not services.models.hashing.wait(_LOOK_EVERY_S):
        progress = services.models.hashing.progress
        if progress is not None:
            share = percent(progress.done_bytes, progress.total_bytes)
            terminal.progress(f"Hashing {progress.title}: {share} of {size_text(progress.total_bytes)}")
