"""The cache of the Hugging Face libraries: ``models--author--name/snapshots/<commit>/<file>``, links to blobs.

A blob of a large file is named by its SHA-256; small files by a Git hash. Where links are not possible the file itself
lies in the snapshot (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from app.models.places.folder_scan import Scan, is_there
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundModel, PlaceReport
from app.models.source import ModelSource
from app.models.split import common_name, part_names

_REPO = re.compile(r"models--(.+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def look(folders: UserFolders, search: Search) -> list[PlaceReport]:
    """What the cache has."""
    named = folders.variable("HF_HUB_CACHE") or folders.variable("HUGGINGFACE_HUB_CACHE")
    hf_home = folders.variable("HF_HOME")
    cache = named or (hf_home / "hub" if hf_home else folders.cache / "huggingface" / "hub")
    chosen = named is not None or hf_home is not None
    return [_scan(cache, search)] if chosen or is_there(cache) else []


def _scan(cache: Path, search: Search) -> PlaceReport:
    scan = Scan("Hugging Face cache", cache, search)
    if not is_there(cache):
        scan.problems.append(f"The folder {cache} is not there, although the environment names it.")
    found: dict[str, FoundModel] = {}
    for repo in _folders(scan, cache):
        name = _REPO.fullmatch(repo.name)
        if name is None:
            continue
        repo_id = name[1].replace("--", "/")
        newest = (scan.text(repo / "refs" / "main") or "").strip()
        # The newest first: of a file that several snapshots have, that one's path is used.
        for snapshot in sorted(_folders(scan, repo / "snapshots"), key=lambda each: each.name != newest):
            for model in _of_snapshot(scan, snapshot, repo_id):
                found.setdefault(os.path.realpath(model.path), model)
    scan.found = list(found.values())
    return scan.report()


def _of_snapshot(scan: Scan, snapshot: Path, repo_id: str) -> list[FoundModel]:
    models: list[FoundModel] = []
    for path in sorted(scan.files(snapshot, ".gguf")):
        if part_names(path.name)[1:].count(path.name):
            continue
        where = path.relative_to(snapshot)
        blob = Path(os.path.realpath(path)).name
        model = scan.model(
            path,
            f"{repo_id}/{(where.parent / common_name(path.name)).as_posix()}",
            sha256=blob if _SHA256.fullmatch(blob) else "",
            source=ModelSource(repo_id, snapshot.name, where.as_posix()),
        )
        if model.problem:
            model = replace(model, problem=f"{model.problem} Its download may not be complete.")
        models.append(model)
    return models


def _folders(scan: Scan, folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        scan.problems.append(f"The folder {folder} cannot be read: {error.strerror or error}.")
        return []
