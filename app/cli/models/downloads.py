"""The list of downloads."""

from __future__ import annotations

import argparse

from app.cli.models.getting import INTERRUPTED, shelved, write_finished
from app.cli.models.records import download_record
from app.cli.models.watching import how_to_go_on, watch
from app.cli.terminal import Terminal
from app.cli.words import amount, counted, percent
from app.core.errors import ModelError, SatchelError
from app.models.download.values import Download
from app.services.compose import Services

_STATES = {
    "queued": "waiting",
    "checking": "beginning",
    "downloading": "under way",
    "verifying": "being verified",
    "paused": "paused",
    "failed": "failed",
    "done": "done",
}


def list_all(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """All of them. Only looks: nothing is transferred by it."""
    downloads = services.downloads.all()
    if options.json:
        terminal.json([download_record(download) for download in downloads])
    elif not downloads:
        terminal.line("There are no downloads. Get a model with: satchel models get REPO")
    else:
        rows = [
            (
                str(download.id),
                download.title,
                download.file.quantization,
                _STATES[download.state],
                percent(download.done_bytes, download.total_bytes),
                amount(download.done_bytes, download.total_bytes),
                download.repo_id,
            )
            for download in downloads
        ]
        terminal.table(("ID", "NAME", "TYPE", "STATE", "", "SIZE", "FROM"), rows, right=(0, 4))
        _write_problems(terminal, downloads)
    return 0


def pause(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Stop one; whoever transfers it stops within a second."""
    download = _find(services, options.id)
    services.downloads.pause(options.id)
    return _told(services, terminal, options, f"Paused: {download.title}.")


def resume(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Go on with one or all, and wait. Exit code 1 when one of them failed, 130 after Ctrl-C."""
    return _go_on(services, terminal, options, ("paused", "failed", "queued", "checking", "downloading", "verifying"))


def retry(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Try one or all that failed again, and wait. Exit codes as :func:`resume`."""
    return _go_on(services, terminal, options, ("failed",))


def cancel(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Stop one and delete what is here of it."""
    download = _find(services, options.id)
    services.downloads.cancel(options.id)
    if download.state == "done":
        return _told(services, terminal, options, f"Off the list: {download.title}. Its file stays.")
    return _told(services, terminal, options, f"Cancelled: {download.title}. What had arrived is deleted.")


def clear(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Take the finished ones off the list."""
    done = [download for download in services.downloads.all() if download.state == "done"]
    services.downloads.clear_done()
    return _told(services, terminal, options, f"Off the list: {counted(len(done), 'download')}. The files stay.")


def _find(services: Services, wanted: int) -> Download:
    """Errors: :class:`ModelError` when there is none of this number."""
    for download in services.downloads.all():
        if download.id == wanted:
            return download
    raise ModelError(f"There is no download {wanted}.", "", "See “satchel models downloads” for those there are.")


def _go_on(services: Services, terminal: Terminal, options: argparse.Namespace, states: tuple[str, ...]) -> int:
    if options.id is not None:
        wanted = [_find(services, options.id)]
    else:
        wanted = [download for download in services.downloads.all() if download.state in states]
    for download in wanted:
        services.downloads.resume(download.id)
    watched = watch(services, terminal, [download.id for download in wanted])
    if watched.interrupted:
        how_to_go_on(terminal, watched)
        return INTERRUPTED
    if options.json:
        terminal.json([download_record(download) for download in watched.downloads])
    elif not wanted:
        terminal.line("There is nothing to go on with.")
    for download in watched.downloads:
        if download.state != "done":
            why = download.problem or "It was paused elsewhere."
            next_step = f"Go on with: satchel models downloads resume {download.id}"
            terminal.error(SatchelError(f"{download.title} was not downloaded.", why, next_step))
        elif not options.json:
            write_finished(terminal, download, shelved(services, download))
    return 0 if all(download.state == "done" for download in watched.downloads) else 1


def _told(services: Services, terminal: Terminal, options: argparse.Namespace, words: str) -> int:
    """Say what was done; for programs, how the list is now."""
    if options.json:
        terminal.json([download_record(download) for download in services.downloads.all()])
    else:
        terminal.line(words)
    return 0


def _write_problems(terminal: Terminal, downloads: tuple[Download, ...]) -> None:
    for download in downloads:
        for words in (download.problem, download.note):
            if words:
                terminal.paragraph(f"{download.id}: {words}", rest="   ")
    if any(download.state in ("paused", "failed", "queued") for download in downloads):
        terminal.note("Go on with: satchel models downloads resume [ID]")
