"""Where a file of the hub is already: in the library, or on its way there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.models.download.values import Download
from app.models.hub.values import HubFile
from app.models.model import LibraryModel
from app.services.events import Event, LibraryChanged
from app.ui.models.downloads.feed import DownloadFeed
from app.ui.parts import Parts


class Whereabouts(QObject):
    """``changed`` when it may be another now."""

    changed = Signal()

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._models: list[LibraryModel] = []
        self._feed = DownloadFeed(parts, self)
        self._feed.changed.connect(lambda _downloads: self.changed.emit())
        parts.bridge.happened.connect(self._happened)

    def refresh(self) -> None:
        """Ask the library."""
        self._parts.bridge.run(self._parts.models.models, self._came, owner=self)

    def model(self, file: HubFile) -> LibraryModel | None:
        """The model of the library that was downloaded from this file."""
        for model in self._models:
            source = model.source
            if source is not None and source.repo_id == file.repo_id and source.file == file.paths[0]:
                return model
        return None

    def download(self, file: HubFile) -> Download | None:
        """The unfinished download of this file."""
        for download in self._feed.downloads:
            if download.state != "done" and (download.repo_id, download.file.paths) == (file.repo_id, file.paths):
                return download
        return None

    def _came(self, models: list[LibraryModel]) -> None:
        self._models = models
        self.changed.emit()

    def _happened(self, event: Event) -> None:
        if isinstance(event, LibraryChanged):
            self.refresh()
