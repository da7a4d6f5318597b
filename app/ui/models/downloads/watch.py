"""Downloads seen from the whole window: a ring at the rail's Models icon, and a notice when one is ready or failed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.models.download.values import Download, DownloadState
from app.models.model import LibraryModel
from app.services.events import Event, LibraryChanged
from app.ui.models.downloads.feed import DownloadFeed
from app.ui.models.downloads.words import percent, together, unfinished
from app.ui.models.find.words import file_title
from app.ui.notices import Action, Note
from app.ui.parts import Parts
from app.ui.rail import Rail
from app.ui.widgets.words import counted


class DownloadWatch(QObject):
    """``chat_requested`` and ``model_requested`` with a model of the library; ``downloads_requested``."""

    chat_requested = Signal(int)
    model_requested = Signal(int)
    downloads_requested = Signal()

    def __init__(self, parts: Parts, rail: Rail, parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._rail = parts, rail
        self._states: dict[int, DownloadState] | None = None
        self._ready: dict[str, Download] = {}
        """By target: what is downloaded but was not yet seen in the library."""
        DownloadFeed(parts, self).changed.connect(self._changed)
        parts.bridge.happened.connect(self._happened)

    def _happened(self, event: Event) -> None:
        if isinstance(event, LibraryChanged) and self._ready:
            self._look()

    def _changed(self, downloads: tuple[Download, ...]) -> None:
        """Tells what became ready or failed since the last time; at first, nothing is news."""
        states: dict[int, DownloadState] = {download.id: download.state for download in downloads}
        before, self._states = self._states if self._states is not None else states, states
        for download in downloads:
            if download.state == before.get(download.id):
                continue
            if download.state == "done" and not download.problem:
                self._ready[download.target] = download
                self._look()
            elif download.state in ("done", "failed"):
                self._tell_failed(download)
        self._show_ring(downloads)

    def _show_ring(self, downloads: tuple[Download, ...]) -> None:
        going = unfinished(downloads)
        if not going:
            self._rail.show_progress("models", None, "")
            return
        fraction = together(going) or 0.0
        words = counted(self.tr("%Ln model(s) downloading", "", len(going)), len(going))
        self._rail.show_progress("models", fraction, f"{words}, {percent(fraction)}")

    def _look(self) -> None:
        self._parts.bridge.run(self._parts.models.models, self._tell_ready, lambda _error: None, self)

    def _tell_ready(self, models: list[LibraryModel]) -> None:
        for model in models:
            download = self._ready.pop(model.path, None)
            if download is None:
                continue
            if model.summary.kind == "embedding":
                action = Action(self.tr("Show"), partial(self.model_requested.emit, model.id))
            else:
                action = Action(self.tr("Chat with it"), partial(self.chat_requested.emit, model.id))
            what = self.tr("“{title}” is ready.").format(title=download.title or model.title)
            why = self.tr("{name} was checked and is in your library.").format(name=file_title(download.file))
            self._parts.notify(Note(what, why, severity="good", action=action))

    def _tell_failed(self, download: Download) -> None:
        words = self.tr("“{title}” could not be downloaded.")
        if download.state == "done":
            words = self.tr("“{title}” was downloaded, but is not in the library.")
        what = words.format(title=download.title or download.file.name)
        show = Action(self.tr("Show"), self.downloads_requested.emit)
        self._parts.notify(Note(what, download.problem, severity="error", action=show))
