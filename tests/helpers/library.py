"""The library without any worker: real files, a real database, no llama.cpp."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.errors import HubError
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.models.hub.values import HubDetails
from app.models.model import LibraryModel
from app.models.source import ModelSource
from app.models.summary import read_summary
from app.services.events import Event
from app.services.library.shelf import Shelf
from app.services.model_library import ModelLibrary
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.schema import open_database
from app.storage.settings import SettingsFile
from tests.helpers import places


class Bench:
    """A ``library`` below ``root``; ``hub``: what the hub answers, by repository."""

    def __init__(self, home: Home, root: Path) -> None:
        self.home = home
        self.root = root
        self.events: list[Event] = []
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.hub: dict[str, HubDetails] = {}
        self.folders = places.folders(root)
        self.settings = SettingsFile(home.settings_file)
        self.database = open_database(home)
        self.records = LibraryRecords(self.database)
        self.shelf = Shelf(self.records, read_summary, home)
        self.library = ModelLibrary(
            self.records,
            InferenceClient(home),  # starts no process until something is loaded
            Facts(self.database),
            self.settings,
            home,
            self.events.append,
            details=self._details,
            folders=lambda: self.folders,
            now=lambda: self.now,
        )
        self.trash = self.library.trash

    def add(self, path: Path, source: ModelSource | None = None) -> LibraryModel:
        """Add somebody's file in place."""
        return self.shelf.put(path, in_place=True, source=source)

    def add_own(self, path: Path, folder: str = "") -> LibraryModel:
        """Add a copy in Satchel's own folder, as a download leaves it in ``folder``."""
        target = self.home.models / folder / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        return self.shelf.put(target.resolve(), in_place=False)

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def only(self) -> LibraryModel:
        """The one model that there is."""
        (model,) = self.library.models()
        return model

    def hash_all(self) -> None:
        """Hash what may be there twice, to the end."""
        self.library.duplicates.look()
        assert self.library.hashing.wait(30)

    def close(self) -> None:
        self.library.hashing.cancel()
        self.database.close()

    def _details(self, repo_id: str) -> HubDetails:
        if repo_id not in self.hub:
            raise HubError(f"{repo_id} was not found on the hub.")
        return self.hub[repo_id]
