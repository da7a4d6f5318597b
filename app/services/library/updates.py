"""Whether the file that a model was downloaded from is another now; asked only on a click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.core.errors import ModelError
from app.models.hub.values import HubDetails, HubFile
from app.models.library_values import UpdateCheck
from app.models.model import LibraryModel

Details = Callable[[str], HubDetails]
"""A repository as it is now, by its id; raises errors of the network and of the hub."""


def check_update(model: LibraryModel, details: Details) -> UpdateCheck:
    """Compare a model with the file of the same name in its repository's newest revision.

    By hash where both are known, else by length. Errors: :class:`ModelError` without a source; those of ``details``.
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
    known = file.sha256s[0] if file.sha256s else ""
    available = known != model.sha256 if known and model.sha256 else file.size_bytes != model.summary.size_bytes
    return UpdateCheck(model.id, available, _sentence(model, file, source.repo_id, available), newest, known)


def _sentence(model: LibraryModel, file: HubFile, repo_id: str, available: bool) -> str:
    if available:
        return f"{repo_id} has another version of {file.name} now."
    if model.sha256:
        return f"This is the file that {repo_id} has now."
    return f"This file is as long as the one that {repo_id} has now; without a hash no more can be said."
