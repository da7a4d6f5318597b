"""What is kept of the requests that Satchel made, and the rules that they were made under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ConnectionState = Literal["open", "done", "failed", "refused"]
"""``refused``: by the offline switch, so nothing was sent."""


@dataclass(frozen=True)
class NetworkPolicy:
    """``offline``: nothing is requested at all. ``proxy``: its URL; empty: as the environment says."""

    offline: bool = False
    proxy: str = ""


@dataclass(frozen=True)
class Connection:
    """All requests for one address within one errand: a download asks for its file in hundreds of ranges.

    Each hop of a redirect is an address of its own, so nothing is asked of an address that has no row.
    """

    id: int
    host: str
    """With its port where that is not the usual one."""
    purpose: str
    """In words: "Search for models"."""
    method: str
    url: str
    """Without its query and without a name and password: signed URLs carry secrets there."""
    started_at: datetime
    """When the first was made."""
    last_at: datetime
    """When the newest was made, or something came for one."""
    requests: int = 0
    """That were sent."""
    open: int = 0
    """That are under way."""
    failed: int = 0
    """That broke off, or were never answered."""
    refused: int = 0
    """That the offline switch forbade: nothing was sent."""
    answers: tuple[tuple[int, int], ...] = ()
    """HTTP statuses, each with how many requests were answered so."""
    status: int | None = None
    """The newest answer."""
    sent_bytes: int = 0
    """Of the bodies."""
    received_bytes: int = 0
    """Of the bodies, as they came over the wire."""
    state: ConnectionState = "open"
    """Of those under way; when there are none, how the last one ended."""
    problem: str = ""
    """Why the last one that failed did so."""


@dataclass(frozen=True)
class HostTotal:
    """All requests to one host since start, those that the list no longer holds included."""

    host: str
    requests: int
    sent_bytes: int
    received_bytes: int
