"""LM Studio's models: ``publisher/repository/file.gguf`` in a folder that its settings can move."""

from __future__ import annotations

from pathlib import Path

from app.models.places.folder_scan import Scan, is_there
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import PlaceReport


def look(folders: UserFolders, search: Search) -> list[PlaceReport]:
    """What LM Studio has, in each of its homes (newer versions have moved it)."""
    homes = [folders.home / ".lmstudio", folders.cache / "lm-studio"]
    pointed = Scan("LM Studio", folders.home, search).text(folders.home / ".lmstudio-home-pointer")
    if pointed and pointed.strip():
        homes.insert(0, folders.expand(pointed.strip().splitlines()[0]))
    places: dict[Path, str] = {}
    for home in homes:
        settings = Scan("LM Studio", home, search).json(home / "settings.json") or {}
        moved = settings.get("downloadsFolder")
        if isinstance(moved, str) and moved.strip():
            places.setdefault(folders.expand(moved.strip()), "its settings name it")
        if is_there(home / "models"):
            places.setdefault(home / "models", "")
    return [_scan(folder, named, search) for folder, named in places.items()]


def _scan(folder: Path, named: str, search: Search) -> PlaceReport:
    scan = Scan("LM Studio", folder, search)
    if named and not is_there(folder):
        scan.problems.append(f"The folder {folder} is not there, although {named}. Is its drive connected?")
    scan.found.extend(scan.models(folder, source_of_repo=True))
    return scan.report()
