"""What is kept of each request that Satchel made, and the rules that it was made under."""

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
    """One request; each hop of a redirect is one of its own."""

    id: int
    host: str
    """With its port where that is not the usual one."""
    purpose: str
    """In words: "Search for models"."""
    method: str
    url: str
    """Without its query and without a name and password: signed URLs carry secrets there."""
    started_at: datetime
    status: int | None = None
    sent_bytes: int = 0
    """Of the body."""
    received_bytes: int = 0
    """Of the body, as it came over the wire."""
    state: ConnectionState = "open"
    problem: str = ""


@dataclass(frozen=True)
class HostTotal:
    """All requests to one host since start, those that the list no longer holds included."""

    host: str
    requests: int
    sent_bytes: int
    received_bytes: int
