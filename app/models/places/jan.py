"""Jan's models: a folder for each, with a ``model.yml`` that names the file, which may lie anywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from app.models.places.folder_scan import Scan, is_there
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundModel, PlaceReport

_LINE = re.compile(r"^(model_path|name)\s*:\s*(.+?)\s*$", re.MULTILINE)


def look(folders: UserFolders, search: Search) -> list[PlaceReport]:
    """What Jan has in its data folder: where its settings say, or where its versions have put it."""
    settings = Scan("Jan", folders.config, search).json(folders.config / "Jan" / "settings.json") or {}
    chosen = settings.get("data_folder")
    named = folders.expand(chosen) if isinstance(chosen, str) and chosen else None
    usual = [folders.data / "Jan" / "data", folders.config / "Jan" / "data", folders.home / "jan"]
    reports = [_scan(folder, search) for folder in dict.fromkeys(usual) if folder != named and _has_models(folder)]
    if named is not None and is_there(named):
        reports.insert(0, _scan(named, search))
    elif named is not None:
        problem = f"The folder {named} is not there, although Jan's settings name it. Is its drive connected?"
        reports.insert(0, PlaceReport("Jan", str(named), problems=(problem,)))
    return reports


def _has_models(folder: Path) -> bool:
    return any(is_there(folder / models) for models in ("llamacpp/models", "models"))


def _scan(data: Path, search: Search) -> PlaceReport:
    scan = Scan("Jan", data, search)
    found: dict[str, FoundModel] = {}
    for models in (data / "llamacpp" / "models", data / "models"):
        for model in scan.models(models):
            # The folder is the model's name; the file in it is often just "model.gguf".
            name = model.name.removesuffix("/model")
            found[model.path] = replace(model, name=name)
        for path in scan.files(models, "model.yml"):
            facts = {key: value.strip("'\"") for key, value in _LINE.findall(scan.text(path) or "")}
            file = facts.get("model_path", "")
            if not file:
                continue
            where = data / file  # an absolute path stays as it is
            name = path.parent.relative_to(models).as_posix()
            found.setdefault(str(where), scan.model(where, name))
    scan.found = list(found.values())
    return scan.report()
