"""Where a person's programs keep things: home folder, environment and system, as values that tests can set."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class UserFolders:
    """``system`` is ``sys.platform``'s word: "linux", "darwin" or "win32". ``root``: of the file system."""

    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    system: str = sys.platform
    root: Path = Path("/")

    def variable(self, name: str) -> Path | None:
        """A folder that an environment variable names; None when it is not set."""
        value = self.environment.get(name, "").strip()
        return self.expand(value) if value else None

    def expand(self, value: str) -> Path:
        """A path as a person writes it: ``~`` is the home folder, and relative ones begin there."""
        value = value.replace("\0", "")  # no path can have one
        if value == "~" or value.startswith(("~/", "~\\")):
            return self.home / value[2:]
        return self.home / value

    @property
    def data(self) -> Path:
        """Where programs keep their data."""
        if self.system == "win32":
            return self.variable("LOCALAPPDATA") or self.home / "AppData" / "Local"
        if self.system == "darwin":
            return self.home / "Library" / "Application Support"
        return self.variable("XDG_DATA_HOME") or self.home / ".local" / "share"

    @property
    def config(self) -> Path:
        """Where programs keep their settings."""
        if self.system == "win32":
            return self.variable("APPDATA") or self.home / "AppData" / "Roaming"
        if self.system == "darwin":
            return self.home / "Library" / "Application Support"
        return self.variable("XDG_CONFIG_HOME") or self.home / ".config"

    @property
    def cache(self) -> Path:
        """Where programs keep what can be made anew (the hub's library uses this on every system)."""
        return self.variable("XDG_CACHE_HOME") or self.home / ".cache"
