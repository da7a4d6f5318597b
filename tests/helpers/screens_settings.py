"""Renders the settings of the network and the list of requests: ``python -m tests.helpers.screens_settings FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton, QTableView

from app.core.connections import Connection
from app.ui.settings.page import SettingsPage
from app.ui.widgets.basic import row
from tests.helpers.fake_network import FakeConnections, connection
from tests.helpers.screens_models import Stage, render

CDN = "cas-bridge.xethub.hf.co"


def _open(stage: Stage, *, connections: bool = False) -> SettingsPage:
    page = SettingsPage(stage.parts)
    stage.rail.show_page("settings")
    stage.rail.show_offline(stage.settings.current.network.offline)
    row(stage.rail, page, spacing=0, parent=stage.window).setStretch(1, 1)
    stage.window.show()
    stage.settle()
    if connections:
        page.show_view("connections")
    else:
        page.show_network()
    stage.settle()
    return page


def _requests(stage: Stage) -> FakeConnections:
    return stage.parts.connections  # type: ignore[return-value]


def no_token(stage: Stage) -> None:
    """As it is at first."""
    _open(stage)


def token_and_mirror(stage: Stage) -> None:
    """A token that the mirror may not see; offline."""
    stage.hub.token, stage.hub.approved = "hf_x", False
    current = stage.settings.current
    network = replace(current.network, offline=True, endpoint="https://hf-mirror.example")
    stage.settings.save(replace(current, network=network))
    _open(stage)
    stage.find(QPushButton, "settings.network.token.check").click()


def none(stage: Stage) -> None:
    """No requests yet."""
    _open(stage, connections=True)


def some(stage: Stage) -> None:
    """One of each kind."""
    _open(stage, connections=True)
    _requests(stage).put(
        [
            _download(state="open"),
            connection(
                8, state="failed", status=None, purpose="Read a model's header", problem="The name was not found."
            ),
            connection(7, "hf-mirror.example", status=401, purpose="Look at a model"),
            connection(6, state="refused", status=None, received_bytes=0, problem="Satchel is offline."),
            *(connection(number, purpose="Look at a model") for number in range(5, 0, -1)),
        ]
    )


def _download(**changes: Any) -> Connection:
    fetched = connection(9, CDN, purpose="Download Qwen3 8B", received_bytes=2_380_000_000)
    under_way = replace(
        fetched,
        url=f"https://{CDN}/repos/6f/0b/{'6f0b' * 16}/{'2d9a' * 16}",
        last_at=fetched.started_at + timedelta(seconds=95),
        requests=290,
        open=4,
        failed=2,
        answers=((206, 281), (503, 3)),
    )
    return replace(under_way, **changes)


def details(stage: Stage) -> None:
    """All about a download of which two requests failed."""
    some(stage)
    failed = "The connection to cas-bridge.xethub.hf.co broke off. Check the connection, then try again."
    others = [connection(number, purpose="Look at a model") for number in range(8, 0, -1)]
    _requests(stage).put([_download(open=0, problem=failed), *others])
    stage.settle()
    stage.find(QTableView, "connections.list").selectRow(0)


def many(stage: Stage) -> None:
    """As many as are kept."""
    _open(stage, connections=True)
    _requests(stage).forgotten = 1234
    hosts = ("huggingface.co", CDN, "hf-mirror.example", *(f"cdn-{number}.example" for number in range(8)))
    _requests(stage).put([connection(number, hosts[number % 11]) for number in range(1000, 0, -1)])


STATES: dict[str, Callable[[Stage], None]] = {
    made.__name__: made for made in (no_token, token_and_mirror, none, some, details, many)
}


if __name__ == "__main__":
    render(STATES, Path(sys.argv[1]), sys.argv[2:], prefix="settings-")
