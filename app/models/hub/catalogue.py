"""The curated list: good small models to start with, in a file that anyone can edit (``resources/catalogue.toml``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from app.models.hub.values import CuratedModel, Purpose

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "catalogue.toml"

_REPO_ID = re.compile(r"[\w.-]+/[\w.-]+")
_PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True)
class Catalogue:
    """The list in the file's order. ``problems``: a sentence for each entry that was skipped."""

    models: tuple[CuratedModel, ...] = ()
    problems: tuple[str, ...] = ()

    def title(self, repo_id: str) -> str:
        """What the list calls a model; empty when it is not on it."""
        return next((model.title for model in self.models if model.repo_id.lower() == repo_id.lower()), "")

    def purpose(self, repo_id: str) -> Purpose | None:
        """What a repository is on the list for; None when it is not on it."""
        return next((model.purpose for model in self.models if model.repo_id.lower() == repo_id.lower()), None)


def read_catalogue(*paths: Path) -> Catalogue:
    """The list of one file, or of several: an entry of a later one replaces that of the same repository.

    A missing file has no entries; a damaged entry is skipped and said.
    """
    models: dict[str, CuratedModel] = {}
    problems: list[str] = []
    for path in paths:
        for number, entry in enumerate(_entries(path, problems), start=1):
            complaint = _complaint(entry)
            if complaint:
                name = entry.get("repo", f"number {number}") if isinstance(entry, Mapping) else f"number {number}"
                problems.append(f"{path.name}: the model {name} {complaint}, so it is left out.")
                continue
            models[entry["repo"].lower()] = CuratedModel(
                repo_id=entry["repo"],
                title=entry["title"],
                purpose=entry["purpose"],
                parameters=round(entry["billions"] * 1e9),
                about=entry["about"],
                license=entry["license"],
            )
    return Catalogue(tuple(models.values()), tuple(problems))


def _entries(path: Path, problems: list[str]) -> list[Any]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("model", [])
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        problems.append(f"{path.name} could not be read ({error}), so its models are left out.")
        return []
    if isinstance(entries, list):
        return entries
    problems.append(f"{path.name}: each model has to begin with [[model]], so its models are left out.")
    return []


def _complaint(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return "is no table"
    for key in ("repo", "title", "purpose", "about", "license"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            return f"has no {key}"
    if not _REPO_ID.fullmatch(entry["repo"]):
        return "is not named like author/name"
    if entry["purpose"] not in _PURPOSES:
        return f"has a purpose that is none of {', '.join(_PURPOSES)}"
    billions = entry.get("billions")
    if not isinstance(billions, int | float) or isinstance(billions, bool) or not 0 < billions < 10_000:
        return "does not say how many billions of parameters it has"
    return ""
