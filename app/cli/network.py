"""The offline switch, and what a command has requested."""

from __future__ import annotations

import argparse
import json
from datetime import datetime

import msgspec

from app.cli.terminal import Terminal
from app.cli.words import counted
from app.core.connections import Connection
from app.core.sizes import size_text
from app.services.compose import Services


def status(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """What may be requested, and how. Requests nothing."""
    network = services.settings.current.network
    made = {
        "offline": services.connections.offline,
        "endpoint": services.hub.endpoint,
        "proxy": network.proxy,
        "downloads_parallel": network.downloads_parallel,
    }
    if options.json:
        terminal.json(made)
        return 0
    terminal.paragraph(_switch_words(services))
    terminal.line(f"Models come from {made['endpoint']}.")
    terminal.line(f"Proxy: {network.proxy}" if network.proxy else "Proxy: as the environment says")
    terminal.line(f"Downloads at the same time: {network.downloads_parallel}")
    return 0


def offline(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Turn the switch."""
    services.connections.set_offline(options.state == "on")
    if options.json:
        terminal.json({"offline": services.connections.offline})
    else:
        terminal.paragraph(_switch_words(services))
    return 0


def write_connections(services: Services, terminal: Terminal, options: argparse.Namespace) -> None:
    """What this process has requested, on stderr, the first first; for programs a JSON object in each line."""
    connections = services.connections.list()[::-1]
    for connection in connections:
        if options.json:
            terminal.note(json.dumps(msgspec.to_builtins(connection), ensure_ascii=False))
        else:
            terminal.note(_line(connection))
    if not options.json:
        totals = services.connections.totals()
        size = size_text(sum(total.received_bytes for total in totals))
        hosts = ", ".join(total.host for total in totals)
        number = sum(total.requests for total in totals)
        if left_out := number - sum(connection.requests for connection in connections):
            terminal.note(f"Earlier requests that are no longer listed, but count in the sum: {left_out:,}")
        terminal.note(
            f"{counted(number, 'request')} to {hosts}; {size} received." if number else "Nothing was requested."
        )


def _line(connection: Connection) -> str:
    size, purpose = size_text(connection.received_bytes), connection.purpose
    words = f"{connection.method} {connection.url}  {_answers(connection)}  {size}  {purpose}"
    if connection.requests > 1:
        first, last = (_clock(time) for time in (connection.started_at, connection.last_at))
        words += f"  {first}–{last}" if first != last else f"  {first}"
    return f"{words}: {connection.problem}" if connection.problem else words


def _answers(connection: Connection) -> str:
    """ "200", "512 × 206, 2 × 503, 1 failed", "refused"."""
    alone = connection.requests + connection.refused == 1
    parts = [str(status) if alone else f"{count} × {status}" for status, count in connection.answers]
    for count, word in (
        (connection.failed, "failed"),
        (connection.refused, "refused"),
        (connection.open, "under way"),
    ):
        if count:
            parts.append(word if alone else f"{count} {word}")
    return ", ".join(parts)


def _clock(time: datetime) -> str:
    return time.astimezone().strftime("%H:%M:%S")


def _switch_words(services: Services) -> str:
    if services.connections.offline:
        return "Satchel is offline: nothing is requested. Turn it off with: satchel network offline off"
    return "Satchel may request what you ask for, and nothing else."
