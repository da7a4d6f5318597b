"""The word "Offline" in the rail, as long as nothing is requested."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.events import ConnectionsChanged, Event
from app.ui.parts import Parts
from app.ui.rail import Rail


class OfflineMark(QObject):
    """Follows the offline switch, wherever it is turned."""

    def __init__(self, parts: Parts, rail: Rail, parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._rail = parts, rail
        parts.bridge.happened.connect(self._happened)
        self._show()

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._show()

    def _show(self) -> None:
        self._rail.show_offline(self._parts.connections.offline)
