"""GPT4All's models: one flat folder, which its settings can move."""

from __future__ import annotations

import configparser

from app.models.places.folder_scan import Scan, is_there
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import PlaceReport

_MAKER = ("nomic.ai", "GPT4All")


def look(folders: UserFolders, search: Search) -> list[PlaceReport]:
    """What GPT4All has; files that it is still downloading are left out."""
    usual = folders.data.joinpath(*_MAKER)
    chosen = _chosen(folders, search)
    places = dict.fromkeys(each for each in (folders.expand(chosen) if chosen else None, usual) if each is not None)
    reports: list[PlaceReport] = []
    for folder in places:
        scan = Scan("GPT4All", folder, search)
        if not is_there(folder):
            if folder == usual:
                continue
            scan.problems.append(f"The folder {folder} is not there, although GPT4All's settings name it.")
        scan.found.extend(model for model in scan.models(folder) if "incomplete-" not in model.name)
        reports.append(scan.report())
    return reports


def _chosen(folders: UserFolders, search: Search) -> str:
    """The folder in its settings, an INI file; empty when it was not moved."""
    settings = configparser.RawConfigParser(strict=False)
    text = Scan("GPT4All", folders.config, search).text(folders.config / "nomic.ai" / "GPT4All.ini")
    try:
        settings.read_string(text or "")
    except configparser.Error:
        return ""
    return settings.get("General", "modelPath", fallback="").strip()
