"""Waiting for downloads: a line that moves for people, one that stays for each that ends."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.cli.changes import changes
from app.cli.terminal import Terminal
from app.cli.words import amount, percent, time_left
from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.download.values import Download
from app.services.compose import Services
from app.services.events import DownloadsChanged

_LOOK_EVERY_S = 0.5
_ENDED = ("paused", "failed", "done")


@dataclass(frozen=True)
class Watched:
    """How downloads ended. ``interrupted``: by Ctrl-C; then those that were under way are paused, unless another
    Satchel transfers them."""

    downloads: tuple[Download, ...]
    interrupted: bool = False


def watch(services: Services, terminal: Terminal, ids: Sequence[int]) -> Watched:
    """Wait until all of these are done, failed or paused, or gone from the list."""
    downloads: tuple[Download, ...] = ()
    try:
        with changes(services, DownloadsChanged) as changed:
            while True:
                changed.clear()
                downloads = _found(services, ids)
                going = [download for download in downloads if download.state not in _ENDED]
                if not going:
                    return Watched(downloads)
                terminal.progress(progress_line(going[0], len(going) - 1))
                changed.wait(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        return Watched(_pause(services, ids, downloads), interrupted=True)


def progress_line(download: Download, others: int = 0) -> str:
    """ "Downloading Qwen3 1.7B: 43 %  1.2 of 2.8 GB  18.4 MB/s  2 min left"."""
    more = f"  (and {others} more)" if others else ""
    where = " in another Satchel" if download.elsewhere else ""
    done = amount(download.done_bytes, download.total_bytes)
    share = percent(download.done_bytes, download.total_bytes)
    match download.state:
        case "queued":
            return f"{download.title}: waiting for its turn{where}{more}"
        case "checking":
            return f"{download.title}: asking the hub and looking at the disk{more}"
        case "verifying":
            checked = percent(download.checked_bytes, download.total_bytes)
            return f"{download.title}: checking every byte  {checked}{more}"
    speed = f"{size_text(round(download.bytes_per_s))}/s" if download.bytes_per_s else ""
    parts = (share, done, speed, time_left(download.seconds_left), download.note)
    return f"{download.title}{where}: " + "  ".join(part for part in parts if part) + more


def how_to_go_on(terminal: Terminal, watched: Watched) -> None:
    """After Ctrl-C: what became of each, and how to go on."""
    for download in watched.downloads:
        if download.elsewhere and download.state not in _ENDED:
            terminal.note(f"{download.title} goes on in another Satchel.")
        elif download.state == "paused":
            have = amount(download.done_bytes, download.total_bytes)
            terminal.note(
                f"Paused: {download.title}, {have}. Go on with: satchel models downloads resume {download.id}"
            )


def _pause(services: Services, ids: Sequence[int], seen: Sequence[Download]) -> tuple[Download, ...]:
    """Those downloads, paused; with as much as was seen of them, which is still on its way into the list."""
    for download in _found(services, ids):
        if download.state not in _ENDED and not download.elsewhere:
            services.downloads.pause(download.id)
    before = {download.id: download.done_bytes for download in seen}
    return tuple(
        replace(download, done_bytes=max(download.done_bytes, before.get(download.id, 0)))
        for download in _found(services, ids)
    )


def _found(services: Services, ids: Sequence[int]) -> tuple[Download, ...]:
    found = []
    for download_id in ids:
        with contextlib.suppress(ModelError):  # it was cancelled elsewhere
            found.append(services.downloads.get(download_id))
    return tuple(found)
