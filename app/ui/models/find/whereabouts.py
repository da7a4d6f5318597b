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
        """The model of the library that is this file: by its hash; where that is not known, by its source.

        One whose file is gone is none: it can be had again. Nor is an older version of it.
        """
        there = [model for model in self._models if model.present]
        sha256 = file.sha256s[0]
        same = (model for model in there if sha256 and model.sha256 == sha256)
        unhashed = (model for model in there if not (sha256 and model.sha256) and _from(model, file))
        return next(same, None) or next(unhashed, None)

    def older(self, file: HubFile) -> LibraryModel | None:
        """The model of the library that this file is another version of: a download replaces it."""
        there = (model for model in self._models if model.present and _from(model, file))
        return next(there, None) if self.model(file) is None else None

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


def _from(model: LibraryModel, file: HubFile) -> bool:
    source = model.source
    return source is not None and (source.repo_id, source.file) == (file.repo_id, file.paths[0])
