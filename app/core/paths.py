"""Where everything lies: one folder tree, movable as a whole with ``SATCHEL_HOME``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Home:
    """The folders and files of one installation's data. All paths are absolute."""

    root: Path

    @classmethod
    def locate(cls) -> Home:
        """``$SATCHEL_HOME`` if set, else the platform's folder for user data."""
        chosen = os.environ.get("SATCHEL_HOME")
        root = Path(chosen) if chosen else Path(platformdirs.user_data_dir("satchel", appauthor=False))
        return cls(root.expanduser().resolve())

    @property
    def settings_file(self) -> Path:
        """Settings a person can read and edit (TOML)."""
        return self.root / "settings.toml"

    @property
    def database(self) -> Path:
        """The conversations database."""
        return self.root / "conversations.sqlite"

    @property
    def knowledge(self) -> Path:
        """The knowledge worker's folder: document ledger and Chroma index."""
        return self.root / "knowledge"

    @property
    def models(self) -> Path:
        """Models that Satchel itself keeps."""
        return self.root / "models"

    @property
    def trash(self) -> Path:
        """Deleted models, for 30 days; made when there is one."""
        return self.root / "trash"

    @property
    def cache(self) -> Path:
        """What can be fetched again: headers of models that are not here."""
        return self.root / "cache"

    @property
    def catalogue(self) -> Path:
        """The person's own additions to the curated list of models; made by them."""
        return self.root / "catalogue.toml"

    @property
    def downloads(self) -> Path:
        """Models on their way, and the list of downloads."""
        return self.root / "downloads"

    @property
    def backups(self) -> Path:
        """Rotating copies of the databases, and damaged ones kept aside."""
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.root / "logs"

    def create(self) -> Home:
        """Make the folders, private to the person; returns itself."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.knowledge, self.models, self.downloads, self.backups, self.logs):
            folder.mkdir(exist_ok=True)
        return self
