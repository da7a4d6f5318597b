"""Getting the newer file of a model that came from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.errors import HubError
from app.models.source import NewerFile

if TYPE_CHECKING:
    from app.services.downloads import Downloads
    from app.services.hub import ModelHub


def get_newer(newer: NewerFile, title: str, hub: ModelHub, downloads: Downloads) -> None:
    """Put it into the queue of downloads; asks the hub for it, so it may block. Errors: those of the hub."""
    source = newer.source
    details = hub.details(source.repo_id, source.revision or "main")
    file = next((file for file in details.files if source.file in file.paths), None)
    if file is None:
        raise HubError(
            f"{source.file} is not there any more.",
            f"{source.repo_id} was changed meanwhile.",
            "Look for the model under Find.",
            reason="not_found",
        )
    downloads.add(file, title)
