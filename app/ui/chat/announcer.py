"""What a screen reader says of a reply: that it begins, what the documents have, how it ended.

Not the text while it streams: each word would interrupt the one before. It is read in the conversation.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.chat.sources import Evidence
from app.chat.transcript import Message
from app.core.errors import SatchelError
from app.ui.chat.figures import check_text, state_text
from app.ui.chat.marks import partly_supported, unsupported
from app.ui.widgets.words import counted


class Announcer(QObject):
    """Announces on behalf of ``widget``. ``said``: the words of each announcement."""

    said = Signal(str)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget

    def evidence(self, evidence: Evidence) -> None:
        """The documents have answered, before the model."""
        count = len(evidence.quotes)
        if evidence.found and count:
            self._say(counted(self.tr("%Ln quote(s) from your documents.", "", count), count))
        else:
            self._say(self.tr("Not in your documents."))

    def begins(self) -> None:
        """There is something of the answer to read."""
        self._say(self.tr("The answer begins."))

    def finished(self, message: Message) -> None:
        """The reply ended, well or not."""
        ended = state_text(message)
        if message.state == "failed":
            self._say(ended, urgent=True)
            return
        claims = [check for check in message.checks if check.support != "not_a_claim"]
        checked = check_text(unsupported(claims), partly_supported(claims), len(claims))
        self._say(" ".join(part for part in (ended or self.tr("The answer is complete."), checked) if part))

    def problem(self, error: SatchelError) -> None:
        """What was asked could not be done."""
        self._say(str(error), urgent=True)

    def _say(self, words: str, *, urgent: bool = False) -> None:
        event = QAccessibleAnnouncementEvent(self._widget, words)
        if urgent:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
        self.said.emit(words)
