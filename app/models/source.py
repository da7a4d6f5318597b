"""Where a model file was downloaded from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ModelSource:
    """A file on the hub. ``revision``: the commit; ``endpoint``: of a mirror, empty for the hub itself."""

    repo_id: str
    revision: str = ""
    file: str = ""
    """Its path in the repository; of a split model, the first part's."""
    endpoint: str = ""


@dataclass(frozen=True)
class NewerFile:
    """Another file that the hub has at a model's source. ``sentence`` is for the person; ``found_at``: known since."""

    source: ModelSource
    """As it was then: with the newest revision."""
    sha256: str
    """Of the first file; empty: not known."""
    sentence: str
    found_at: datetime
