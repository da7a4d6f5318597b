"""What has arrived of a reply that is still being written: kept for conversations that are not shown, too."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.chat.sources import Evidence
from app.chat.transcript import Message
from app.services.events import ReplyPhase


@dataclass
class LiveReply:
    """See the module. ``done`` of ``total`` tokens of the prompt are read; ``phase``: what it waits for."""

    message: Message
    phase: ReplyPhase = "reading"
    done: int = 0
    total: int = 0

    def add_text(self, text: str) -> None:
        """More of the answer."""
        self.message = replace(self.message, text=self.message.text + text)

    def set_evidence(self, evidence: Evidence) -> None:
        """The documents have answered."""
        self.phase = "reading"
        self.message = replace(self.message, evidence=evidence)
