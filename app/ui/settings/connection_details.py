"""All that is kept of the requests in one row of the list of connections."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from app.core.connections import Connection
from app.core.sizes import size_text
from app.ui.models.facts_grid import FactsGrid
from app.ui.settings.connections_model import span
from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, row
from app.ui.widgets.words import number


class ConnectionDetails(QFrame):
    """Stands below the list and follows its row while more requests are made for it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("connections.details")
        self.setProperty("kind", "card")
        self._facts = FactsGrid("connections.details.facts")
        close = IconButton(theme, "x", self.tr("Close the details"), "connections.details.close", self.hide)
        inside = row(self._facts, spacing=12, parent=self)
        inside.setContentsMargins(14, 12, 8, 12)
        inside.setStretch(0, 1)
        inside.addWidget(close)
        inside.setAlignment(close, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_connection(self, connection: Connection) -> None:
        """Show it, as it is now."""
        facts = (
            (self.tr("For"), connection.purpose),
            (self.tr("Address"), f"{connection.method} {connection.url}"),
            (self.tr("Made"), self._made(connection)),
            (self.tr("Answers"), self._answers(connection)),
            (self.tr("Sent"), size_text(connection.sent_bytes) if connection.sent_bytes else ""),
            (self.tr("Received"), size_text(connection.received_bytes)),
            (self.tr("What went wrong"), connection.problem),
        )
        self._facts.show_facts([(name, value) for name, value in facts if value])

    def _made(self, connection: Connection) -> str:
        if not connection.requests:
            return self.tr("no request; at {time} the offline switch was on").format(time=span(connection))
        if connection.requests == 1:
            return self.tr("one request, {time}").format(time=span(connection))
        return self.tr("{n} requests, {time}").format(n=number(connection.requests), time=span(connection))

    def _answers(self, connection: Connection) -> str:
        """ "206 (512 times), 503 (2 times), 1 failed"."""
        times = self.tr("{status} ({n} times)")
        parts = [
            times.format(status=status, n=number(count)) if count > 1 else str(status)
            for status, count in connection.answers
        ]
        if connection.failed:
            parts.append(self.tr("{n} failed").format(n=number(connection.failed)))
        if connection.open:
            parts.append(self.tr("{n} under way").format(n=number(connection.open)))
        if connection.refused and connection.requests:
            parts.append(self.tr("{n} not made: offline").format(n=number(connection.refused)))
        return ", ".join(parts)
