"""What the window says of a download."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.core.sizes import size_text
from app.models.download.values import Download, DownloadState
from app.ui.widgets.words import time_left

STATE_ICONS: dict[DownloadState, tuple[str, str]] = {
    "queued": ("clock", "muted"),
    "checking": ("download", "accent"),
    "downloading": ("download", "accent"),
    "verifying": ("shield-check", "accent"),
    "paused": ("circle-pause", "muted"),
    "failed": ("circle-alert", "bad"),
    "done": ("circle-check", "good"),
}
"""A picture and its colour's name in :class:`app.ui.tokens.Colors`."""


def state_words(download: Download) -> str:
    """ "1.2 of 2.8 GB · 18.4 MB/s · about 1 minute left", "Paused · 1.2 of 2.8 GB"; of a failed one, why."""
    match download.state:
        case "queued":
            words = [_t("Waiting for its turn"), amount(download)]
        case "checking":
            words = [download.note or _t("Getting ready…"), amount(download)]
        case "downloading" if download.bytes_per_s > 0:
            words = [amount(download), speed(download.bytes_per_s), time_left(download.seconds_left)]
        case "downloading":
            words = [download.note or _t("Connecting…"), amount(download)]
        case "verifying":
            words = [_t("Checking that every byte is right…"), _of(download.checked_bytes, download.total_bytes)]
        case "paused":
            words = [_t("Paused"), amount(download)]
        case "failed":
            words = [_t("Could not be downloaded"), amount(download)]
        case "done" if download.problem:
            words = [_t("Here, but not in the library"), size_text(download.total_bytes)]
        case "done":
            words = [_t("Ready"), size_text(download.total_bytes)]
    return " · ".join(part for part in words if part)


def more_words(download: Download) -> str:
    """What else is to be known of it; empty where :func:`state_words` has all."""
    return download.problem or (download.note if download.note not in state_words(download) else "")


def amount(download: Download) -> str:
    """ "1.2 of 2.8 GB", "840 MB of 2.8 GB"; only the total before anything has come."""
    return _of(download.done_bytes, download.total_bytes)


def _of(done_bytes: int, total_bytes: int) -> str:
    done, total = size_text(done_bytes), size_text(total_bytes)
    if not total_bytes:
        return done if done_bytes else ""
    if not done_bytes:
        return total
    if done.rpartition(" ")[2] == total.rpartition(" ")[2]:
        done = done.rpartition(" ")[0]
    return _t("{done} of {total}").format(done=done, total=total)


def speed(bytes_per_s: float) -> str:
    """ "18.4 MB/s"."""
    return _t("{size}/s").format(size=size_text(round(bytes_per_s)))


def percent(fraction: float) -> str:
    """ "43 %". Never 100 before it is done."""
    return _t("{n} %").format(n=min(99, int(fraction * 100)))


def unfinished(downloads: Sequence[Download]) -> list[Download]:
    """Those that go on by themselves: under way or waiting for their turn."""
    return [download for download in downloads if download.active or download.state == "queued"]


def together(downloads: Sequence[Download]) -> float | None:
    """How far the unfinished ones are together, 0.0 to 1.0; None: there are none, or nobody knows."""
    going = unfinished(downloads)
    total = sum(download.total_bytes for download in going)
    return sum(download.done_bytes for download in going) / total if total else None


def _t(text: str) -> str:
    return QCoreApplication.translate("downloads", text)
