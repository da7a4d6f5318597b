"""Whether the file that a model was downloaded from is another now; asked only on a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from app.core.errors import ModelError
from app.models.hub.values import HubDetails, HubFile
from app.models.library_values import UpdateCheck
from app.models.model import LibraryModel
from app.models.source import NewerFile

Details = Callable[[str], HubDetails]
"""A repository as it is now, by its id; raises errors of the network and of the hub."""


def check_update(model: LibraryModel, hashes: Sequence[str], details: Details) -> UpdateCheck:
    """Compare a model with the file of the same name in its repository's newest revision.

    ``hashes``: of each of the model's files; "" where it is not known. By hash where all are known, else by those that
    are and by length. Errors: :class:`ModelError` without a source; those of ``details``.
    """
    source = model.source
    if source is None or not source.repo_id or not source.file:
        raise ModelError(
            f"Whether there is a newer file of {model.title} is not known.",
            "Where it was downloaded from is not known.",
            "Look for it under Find.",
        )
    now = details(source.repo_id)
    newest = replace(source, revision=now.revision)
    file = next((file for file in now.files if source.file in file.paths), None)
    if file is None:
        gone = f"{source.repo_id} does not have {source.file} any more."
        return UpdateCheck(model.id, False, gone, newest)
    pairs = [pair for pair in zip(hashes, file.sha256s, strict=False) if all(pair)]
    compared = len(pairs) == len(hashes) == len(file.paths)
    available = any(ours != theirs for ours, theirs in pairs) or len(hashes) != len(file.paths)
    if not compared:
        available = available or file.size_bytes != model.summary.size_bytes
    sentence = _sentence(file, source.repo_id, available, compared)
    return UpdateCheck(model.id, available, sentence, newest, file.sha256s[0] if file.sha256s else "")


def newer_file(check: UpdateCheck, known: NewerFile | None, now: datetime) -> NewerFile | None:
    """What is to be kept of a check: the newer file, known since it was seen first; None if there is none."""
    if not check.available:
        return None
    same = known is not None and (known.source, known.sha256) == (check.source, check.sha256)
    return NewerFile(check.source, check.sha256, check.sentence, known.found_at if known is not None and same else now)


def _sentence(file: HubFile, repo_id: str, available: bool, compared: bool) -> str:
    if available:
        return f"{repo_id} has another version of {file.name} now."
    if compared:
        return f"This is the file that {repo_id} has now."
    return f"This file is as long as the one that {repo_id} has now; without a hash no more can be said."
