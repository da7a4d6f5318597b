"""Downloads of models: the queue, and the library that finished ones go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.models.download.manager import DownloadManager
from app.models.download.values import Download
from app.models.hub.values import HubFile
from app.models.model import LibraryModel
from app.models.source import ModelSource


class Library(Protocol):
    """Where finished models go."""

    def add(self, path: Path, *, source: ModelSource | None, sha256s: Sequence[str], found_name: str) -> LibraryModel:
        """Add a file in place. Errors: ModelError when it is no model that can be used."""
        ...


class Downloads:
    """What a person does with downloads. Safe from any thread; calls are quick.

    The list is told with :class:`app.services.events.DownloadsChanged`. In a process that only looks at the list
    nothing is transferred until :meth:`start` or a call that asks for bytes.
    """

    def __init__(self, manager: DownloadManager) -> None:
        self._manager = manager

    def start(self) -> None:
        """Go on with what the last run left unfinished."""
        self._manager.start()

    def add(self, file: HubFile, title: str = "") -> Download:
        """Fetch a file of the hub, or go on with it; one that is here already is given as done.

        Errors: :class:`ModelError`, :class:`StorageError`.
        """
        download = self._manager.add(file, title)
        self._manager.start()
        return download

    def all(self) -> tuple[Download, ...]:
        """All downloads, in the order in which they are worked off."""
        return self._manager.all()

    def get(self, download_id: int) -> Download:
        """One of them. Errors: :class:`ModelError` when it is not in the list any more."""
        return self._manager.get(download_id)

    def pause(self, download_id: int) -> None:
        """Stop it; what is here stays."""
        self._manager.pause(download_id)

    def resume(self, download_id: int) -> None:
        """Go on with a paused one."""
        self._manager.resume(download_id)
        self._manager.start()

    def retry(self, download_id: int) -> None:
        """Try a failed one again; it goes on where it is, as far as that is worth anything."""
        self.resume(download_id)

    def cancel(self, download_id: int) -> None:
        """Stop it and delete what is here of it; a finished one only leaves the list."""
        self._manager.cancel(download_id)

    def move_first(self, download_id: int) -> None:
        """Have it before all others that wait."""
        self._manager.move_first(download_id)

    def clear_done(self) -> None:
        """Take the finished ones off the list; their files stay."""
        self._manager.clear_done()

    def close(self) -> None:
        """Stop; the next start goes on."""
        self._manager.close()


def shelve(library: Library, endpoint: Callable[[], str]) -> Callable[[Download], None]:
    """What adds a finished model to the library, with where it came from. ``endpoint``: of a mirror, or empty.

    Its error (ModelError) is what is told beside the download: the files are here all the same.
    """

    def add(download: Download) -> None:
        if download.file.role != "model":
            return
        source = ModelSource(download.repo_id, download.revision, download.file.paths[0], endpoint())
        library.add(Path(download.target), source=source, sha256s=download.file.sha256s, found_name=download.title)

    return add
