"""Downloads as a person sees them, and where their bytes come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from app.models.hub.values import HubFile, ResolvedUrl

DownloadState = Literal["queued", "checking", "downloading", "verifying", "paused", "failed", "done"]
"""``checking``: the hub is asked for the file, the disk for room; ``verifying``: the rest of the hash is computed."""


@dataclass(frozen=True)
class Download:
    """One item of the queue at one moment; a split model is one item with several parts."""

    id: int
    title: str
    file: HubFile
    state: DownloadState
    done_bytes: int
    """Of all parts, safe on the disk or on their way there."""
    total_bytes: int
    """Of all parts; 0 until the hub has told a size that it did not list."""
    added_at: datetime
    target: str
    """Where the first part will lie, or lies."""
    bytes_per_s: float = 0.0
    """Smoothed; 0.0 while nothing arrives."""
    seconds_left: float | None = None
    """None while it cannot be told."""
    problem: str = ""
    """Why it failed or paused by itself, in sentences; of a done one, why it is not in the library."""
    note: str = ""
    """What happens now, or what is worth knowing: "Waiting 30 s: the server asked for a pause."."""
    checked_bytes: int = 0
    """Of all parts, read back from the disk for their hash; right after a restart far behind ``done_bytes``."""
    elsewhere: bool = False
    """Another running Satchel transfers this home's downloads; it takes what is added or changed here."""

    @property
    def repo_id(self) -> str:
        """The repository it comes from."""
        return self.file.repo_id

    @property
    def revision(self) -> str:
        """The commit it comes from."""
        return self.file.revision

    @property
    def targets(self) -> tuple[Path, ...]:
        """Where the parts will lie, or lie."""
        folder = Path(self.target).parent
        return (Path(self.target), *(folder / Path(path).name for path in self.file.paths[1:]))

    @property
    def fraction(self) -> float | None:
        """0.0 to 1.0 of what arrives, then of what is verified; None while the total is not known."""
        count = self.checked_bytes if self.state == "verifying" else self.done_bytes
        return min(1.0, count / self.total_bytes) if self.total_bytes else None

    @property
    def active(self) -> bool:
        """Whether something is done for it now."""
        return self.state in ("checking", "downloading", "verifying")


class Source(Protocol):
    """Where files come from: the hub, or in tests something that behaves like one."""

    def resolve(self, repo_id: str, revision: str, path: str) -> ResolvedUrl:
        """Where the bytes of a file can be had now. Errors: NetworkError, OfflineError, HubError."""
        ...


OnFinished = Callable[[Download], None]
"""Called on a thread of the manager's when all parts of an item are in their place."""
