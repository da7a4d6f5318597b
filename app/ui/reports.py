"""What the window says without being asked: notices of the services, work that failed, errors that nobody expected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.ui.bridge import Bridge
from app.ui.notices import Action, Note, Notices

if TYPE_CHECKING:
    from app.services.events import Event


class Reports(QObject):
    """Listens from the first paint on. ``logs``: the folder with the details."""

    def __init__(self, bridge: Bridge, notices: Notices, logs: Path) -> None:
        super().__init__(notices)
        self._notices, self._logs = notices, logs
        bridge.happened.connect(self._happened)
        bridge.failed.connect(notices.show_error)

    def tell(self, note: Note) -> None:
        """What a page has to say."""
        self._notices.show_note(note)

    def tell_crash(self, last_line: str) -> None:
        """An error nobody expected: say so; what people made is saved already."""
        self.tell(
            Note(
                self.tr("Something went wrong inside Satchel."),
                last_line,
                self.tr("Your conversations are saved and you can go on. The log has the details."),
                "error",
                Action(self.tr("Show the log"), self.show_logs),
            )
        )

    def show_logs(self) -> None:
        """Show the logs in the file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._logs)))

    def _happened(self, event: Event) -> None:
        from app.services.events import NoticeRaised

        if isinstance(event, NoticeRaised):
            self.tell(Note.of_event(event))
