"""What is found in the folders of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.models.source import ModelSource

Program = Literal["Ollama", "LM Studio", "GPT4All", "Hugging Face cache", "Jan"]
FoundKind = Literal["model", "adapter", "projector"]


@dataclass(frozen=True)
class FoundModel:
    """A model file of another program, used where it lies and never written to.

    ``path`` is empty where the program names a file that cannot be told at all; ``problem`` then says why, and also
    when a file is missing or cannot be read.
    """

    path: str
    name: str
    """As that program calls it: "llama3.2:1b", "publisher/repo/file"."""
    program: Program
    size_bytes: int
    parts: tuple[str, ...] = ()
    """All files of a split model, in order; empty for one file."""
    kind: FoundKind = "model"
    sha256: str = ""
    """Known from the name of the file's blob; empty: not known."""
    other_names: tuple[str, ...] = ()
    """More names that the program has for the same file."""
    adapters: tuple[str, ...] = ()
    """Paths of the adapters that the program uses with it."""
    source: ModelSource | None = None
    in_library: bool = False
    problem: str = ""
    """A sentence; empty when it can be used."""


@dataclass(frozen=True)
class PlaceReport:
    """One program's folder: what is in it, and what stood in the way."""

    program: Program
    folder: str
    found: tuple[FoundModel, ...] = ()
    problems: tuple[str, ...] = ()
    """Sentences: a folder that may not be read, a damaged manifest, a drive that is not there."""
