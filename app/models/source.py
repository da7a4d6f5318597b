"""Where a model file was downloaded from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSource:
    """A file on the hub. ``revision``: the commit; ``endpoint``: of a mirror, empty for the hub itself."""

    repo_id: str
    revision: str = ""
    file: str = ""
    """Its path in the repository; of a split model, the first part's."""
    endpoint: str = ""
