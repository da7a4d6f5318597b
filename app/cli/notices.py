"""What happens beside a command: a process that ended, an index that was restored."""

from __future__ import annotations

from app.cli.terminal import Terminal
from app.services.events import Event, NoticeRaised


class Notices:
    """Says each notice once, on stderr."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said: set[str] = set()

    def listen(self, event: Event) -> None:
        """A listener of the event hub."""
        if not isinstance(event, NoticeRaised):
            return
        text = " ".join(part for part in (event.what, event.why, event.next_step) if part)
        if text not in self._said:
            self._said.add(text)
            self._terminal.note(text)
