"""The downloads as they are now, for whoever shows them: those there are at first, then every change."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.models.download.values import Download
from app.services.events import DownloadsChanged, Event
from app.ui.parts import Parts


class DownloadFeed(QObject):
    """``changed`` with all downloads. An answer to the first question never undoes a change that came before it."""

    changed = Signal(object)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.downloads: tuple[Download, ...] = ()
        self._heard = False
        parts.bridge.happened.connect(self._happened)
        parts.bridge.run(parts.downloads.all, self._begin, lambda _error: None, self)

    def _begin(self, downloads: tuple[Download, ...]) -> None:
        if not self._heard:
            self._show(downloads)

    def _happened(self, event: Event) -> None:
        if isinstance(event, DownloadsChanged):
            self._heard = True
            self._show(event.downloads)

    def _show(self, downloads: tuple[Download, ...]) -> None:
        self.downloads = downloads
        self.changed.emit(downloads)
