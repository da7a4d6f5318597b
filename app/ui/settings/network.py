"""The settings of the network: the offline switch, the access token, a mirror, a proxy, downloads at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.core.connections import HostTotal
from app.core.sizes import size_text
from app.services.events import ConnectionsChanged, Event
from app.ui.parts import Parts
from app.ui.settings.controls import entry, section, told_entry, whole_number
from app.ui.settings.mirror import MirrorEntry
from app.ui.settings.token import TokenEntry
from app.ui.theme import room_px
from app.ui.widgets.basic import button, column, label
from app.ui.widgets.words import counted


class NetworkSection(QWidget):
    """``connections_requested``: show every request. ``change``: makes what a control calls with a field's value."""

    connections_requested = Signal()

    def __init__(self, parts: Parts, change: Callable[[str], Callable[[Any], None]]) -> None:
        super().__init__()
        self._parts = parts
        self._turn = 0
        now = parts.settings.current.network
        self._offline = QCheckBox()
        self._offline.setChecked(now.offline)
        self._offline.toggled.connect(self._switch)
        token, mirror = TokenEntry(parts), MirrorEntry(parts)
        token.changed.connect(mirror.look)
        proxy = QLineEdit(now.proxy)
        proxy.setPlaceholderText(self.tr("As the system says"))
        proxy.setFixedWidth(room_px(280))
        proxy.textChanged.connect(lambda text: change("proxy")(text.strip()))
        downloads = whole_number(now.downloads_parallel, 1, 4, change("downloads_parallel"))
        self._sum = label(kind="small", name="settings.network.connections.words")
        show = button(self.tr("Show"), "settings.network.connections", self.connections_requested.emit)
        show.setAccessibleName(self.tr("Show all connections"))
        column(
            section(
                self.tr("Network"),
                entry(
                    self.tr("Offline"),
                    self.tr("On: nothing at all is requested. Off: only what you ask for, to find and get models."),
                    self._offline,
                    "settings.network.offline",
                ),
                token,
                mirror,
                entry(
                    self.tr("Proxy"),
                    self.tr("Its address, where requests have to go through one."),
                    proxy,
                    "settings.network.proxy",
                ),
                entry(
                    self.tr("Downloads at once"),
                    self.tr("The others wait for their turn."),
                    downloads,
                    "settings.network.downloads",
                ),
                told_entry(self.tr("Connections"), self._sum, show),
            ),
            parent=self,
        )
        parts.bridge.happened.connect(self._happened)
        self._look()

    def _switch(self, offline: bool) -> None:
        self._parts.bridge.run(lambda: self._parts.connections.set_offline(offline))

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._look()

    def _look(self) -> None:
        connections = self._parts.connections
        self._turn += 1
        turn = self._turn

        def came(found: tuple[bool, tuple[HostTotal, ...]]) -> None:
            if turn == self._turn:  # else a later answer was quicker
                self._show(*found)

        self._parts.bridge.run(lambda: (connections.offline, connections.totals()), came, owner=self)

    def _show(self, offline: bool, totals: tuple[HostTotal, ...]) -> None:
        self._offline.blockSignals(True)
        self._offline.setChecked(offline)
        self._offline.blockSignals(False)
        requests = sum(total.requests for total in totals)
        received = sum(total.received_bytes for total in totals)
        words = self.tr("%Ln request(s) since Satchel was started, {size} received.", "", requests)
        self._sum.setText(
            counted(words, requests).format(size=size_text(received))
            if requests
            else self.tr("Nothing has left this computer since Satchel was started.")
        )
