"""What the hub says of models that are not here yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.models.split import part_names
from app.models.titles import readable

Gated = Literal["", "auto", "manual"]
"""``auto``: its conditions must be accepted; ``manual``: its author must also let each person in."""

Purpose = Literal["general", "code", "reasoning", "multilingual", "embedding", "tiny"]

Sort = Literal["downloads", "likes", "updated", "trending"]

FileRole = Literal["model", "projector", "adapter", "imatrix", "other"]
"""``projector``: what lets a model read images; ``imatrix``: a by-product of quantization; ``other``: no GGUF model."""


@dataclass(frozen=True)
class HubModel:
    """A repository as lists show it. Numbers are 0 and texts empty where the hub does not say."""

    repo_id: str
    author: str
    name: str
    parameters: int = 0
    architecture: str = ""
    n_ctx_train: int = 0
    license: str = ""
    downloads: int = 0
    """In the last 30 days."""
    likes: int = 0
    updated_at: datetime | None = None
    gated: Gated = ""
    private: bool = False
    tags: tuple[str, ...] = ()
    purpose: Purpose | Literal[""] = ""
    """From the curated list; empty: not on it."""
    curated_title: str = ""
    """The same."""

    @property
    def title(self) -> str:
        """Its name to be shown."""
        return self.curated_title or readable(self.name)


@dataclass(frozen=True)
class HubFile:
    """A file of a repository at one revision; a split model is one file with several parts.

    ``paths``, ``sizes`` (bytes) and ``sha256s`` are of the parts, in their order; a hash is empty where the hub does
    not know it.
    """

    repo_id: str
    revision: str
    """A commit's hash: the file behind it never changes."""
    name: str
    """To be shown; of a split model what its parts' names have in common."""
    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    sha256s: tuple[str, ...]
    quantization: str = ""
    """As the file's name says, e.g. ``Q4_K_M``; empty: it does not."""
    role: FileRole = "model"

    @property
    def size_bytes(self) -> int:
        """All parts together."""
        return sum(self.sizes)

    @property
    def split(self) -> bool:
        """Whether it comes in several parts."""
        return len(self.paths) > 1

    @property
    def missing_parts(self) -> int:
        """How many parts its names promise that the repository does not have."""
        names = [path.rpartition("/")[2] for path in self.paths]
        return len(set(part_names(names[0])) - set(names)) if names else 0


@dataclass(frozen=True)
class HubDetails:
    """A repository in full. ``files``: models first, by size."""

    model: HubModel
    files: tuple[HubFile, ...]
    card_markdown: str
    """The README without its front matter, in its author's words: not to be trusted."""
    revision: str


@dataclass(frozen=True)
class HubPage:
    """Models found. ``next``: give it as ``cursor`` to get the following ones; empty: there are none."""

    models: tuple[HubModel, ...]
    next: str = ""


@dataclass(frozen=True)
class CuratedModel:
    """A good small model to start with. ``about``: one sentence."""

    repo_id: str
    title: str
    purpose: Purpose
    parameters: int
    about: str
    license: str


@dataclass(frozen=True)
class ResolvedUrl:
    """Where a file's bytes can be had now. ``url`` may be signed and expire: resolve again when it is refused.

    ``headers``: to send to exactly this URL. ``etag``, ``sha256``: empty where the hub does not say; ``size``: bytes.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    etag: str
    size: int
    sha256: str
    revision: str
