"""Finding model files under a folder of somebody else's: reading only, whatever the tree looks like."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.models.places.search import Search
from app.models.places.values import FoundKind, FoundModel, PlaceReport, Program
from app.models.source import ModelSource
from app.models.split import common_name, part_names, part_paths

_MAX_FILES = 20_000
_MAX_DEPTH = 8
_MAX_TEXT_BYTES = 4 * 2**20


@dataclass
class Scan:
    """One program's folder while it is looked through."""

    program: Program
    folder: Path
    search: Search = field(default_factory=Search)
    found: list[FoundModel] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def report(self) -> PlaceReport:
        """What there is, by name."""
        found = sorted(self.found, key=lambda each: each.name.casefold())
        return PlaceReport(self.program, str(self.folder), tuple(found), tuple(dict.fromkeys(self.problems)))

    def files(self, folder: Path, ending: str = "") -> Iterator[Path]:
        """All files below ``folder`` with this ending, links followed once; what cannot be read becomes a problem."""
        seen: set[str] = set()
        waiting = [(folder, 0)]
        looked_at = 0
        while waiting:
            here, depth = waiting.pop()
            real = os.path.realpath(here)
            if real in seen:  # links that lead back
                continue
            seen.add(real)
            entries = self._entries(here)
            for entry in entries:
                self.search.step(self.program)
                looked_at += 1
                if looked_at > _MAX_FILES:
                    self.problems.append(f"{folder} has more than {_MAX_FILES:,} files; the rest was not looked at.")
                    return
                if _is_folder(entry):
                    if depth < _MAX_DEPTH:
                        waiting.append((Path(entry.path), depth + 1))
                elif entry.name.lower().endswith(ending):
                    yield Path(entry.path)

    def models(self, folder: Path, source_of_repo: bool = False) -> Iterator[FoundModel]:
        """All GGUF files below ``folder``, a split model once; named by their path without ending.

        ``source_of_repo``: the path says of which repository they are (``author/repo/file``).
        """
        for path in sorted(self.files(folder, ".gguf")):
            if part_names(path.name)[1:].count(path.name):  # the first part stands for all
                continue
            where = path.relative_to(folder)
            name = (where.parent / common_name(path.name)).as_posix()
            source = None
            if source_of_repo and len(where.parts) == 3:
                source = ModelSource("/".join(where.parts[:2]), file=where.name)
            yield self.model(path, name, source=source)

    def model(self, path: Path, name: str, *, sha256: str = "", source: ModelSource | None = None) -> FoundModel:
        """A file as what it is, with the problem that it has."""
        parts = part_paths(path)
        sizes = [size_of(part) for part in parts or (path,)]
        problem = next((words for words in map(trouble, parts or (path,)) if words), "")
        return FoundModel(
            path=str(path),
            name=name,
            program=self.program,
            size_bytes=sum(sizes),
            parts=tuple(map(str, parts)),
            kind=kind_by_name(path.name),
            sha256=sha256,
            source=source,
            problem=problem,
        )

    def json(self, path: Path) -> dict[str, Any] | None:
        """A JSON object from a file; None when there is none, with a problem when it cannot be understood."""
        text = self.text(path)
        if text is None:
            return None
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self.problems.append(f"{path} is damaged: it cannot be understood.")
            return None
        return value

    def text(self, path: Path) -> str | None:
        """A small text file; None when it is not there or cannot be read, the latter with a problem."""
        try:
            with path.open("rb") as file:
                return file.read(_MAX_TEXT_BYTES).decode("utf-8", "replace").replace("\0", "")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problems.append(f"{path} cannot be read: {error.strerror or error}.")
            return None

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problems.append(f"The folder {folder} cannot be read: {error.strerror or error}.")
            return []


def kind_by_name(name: str) -> FoundKind:
    """What a file is as far as its name tells; projectors are named ``mmproj-…`` by all programs."""
    lower = name.lower()
    if "mmproj" in lower:
        return "projector"
    return "adapter" if "lora" in lower else "model"


def trouble(path: Path) -> str:
    """Why a file cannot be used, as a sentence; empty when it can."""
    try:
        if path.is_symlink() and not path.exists():
            return f"{path.name} is a link to a file that is not there: {path.readlink()}."
        if not path.exists():
            return f"{path.name} is missing."
        if not path.is_file():
            return f"{path.name} is not a file."
        path.open("rb").close()
    except PermissionError:
        return f"{path.name} may not be read by you."
    except OSError as error:  # a loop of links, a drive that answers with an error
        return f"{path.name} cannot be read: {error.strerror or error}."
    return ""


def size_of(path: Path) -> int:
    """In bytes; 0 when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_there(path: Path) -> bool:
    """Whether there is something; what may not be looked at is there, and that is said when it is read."""
    try:
        return path.exists()
    except OSError:
        return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
