"""What the library answers about its models, beside :class:`app.models.model.LibraryModel`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import ModelError
from app.models.adapter import Adapter, AdapterSummary
from app.models.model import LibraryModel
from app.models.source import ModelSource


@dataclass(frozen=True)
class AddedModels:
    """What became of files of other programs that were to be added. ``failed``: by their names, and why."""

    models: tuple[LibraryModel, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    failed: tuple[tuple[str, ModelError], ...] = ()


@dataclass(frozen=True)
class AdapterOffer:
    """An adapter file, and the models of the library that it belongs to: the one that it names first."""

    path: str
    summary: AdapterSummary
    bases: tuple[LibraryModel, ...]


@dataclass(frozen=True)
class DuplicateCopy:
    """One of several files with the same content. ``freeable``: Satchel's own, so deleting it frees its room."""

    model_id: int
    title: str
    path: str
    program: str
    """Whose it is; empty: the person's own file, or Satchel's where ``freeable``."""
    freeable: bool


@dataclass(frozen=True)
class DuplicateGroup:
    """Files of the library with the same content. Links to one and the same file are one copy."""

    sha256: str
    size_bytes: int
    """Of one copy."""
    copies: tuple[DuplicateCopy, ...]

    @property
    def freeable_bytes(self) -> int:
        """What deleting Satchel's own copies frees while one copy stays."""
        own = sum(copy.freeable for copy in self.copies)
        return self.size_bytes * min(own, len(self.copies) - 1)

    @property
    def wasted_bytes(self) -> int:
        """What all copies but one take, whoever they belong to."""
        return self.size_bytes * (len(self.copies) - 1)


@dataclass(frozen=True)
class TrashedModel:
    """A deleted model that can still be brought back."""

    model_id: int
    title: str
    size_bytes: int
    """In Satchel's trash; 0 for a file that was only forgotten."""
    deleted_at: datetime
    purged_at: datetime
    """When it is gone for good."""


@dataclass(frozen=True)
class ChatTemplate:
    """A model's chat template: code from the file that decides what the model sees of a conversation."""

    text: str
    accepted: str
    """As it was when the person last accepted it, or when the model was added."""

    @property
    def changed(self) -> bool:
        """Whether it is another now."""
        return self.text != self.accepted


@dataclass(frozen=True)
class UpdateCheck:
    """Whether the file at a model's source is another now. ``sentence`` is for the person."""

    model_id: int
    available: bool
    sentence: str
    source: ModelSource
    """As it is now: with the newest revision."""
    sha256: str = ""


@dataclass(frozen=True)
class HashProgress:
    """How far the background hashing is, over all files that wait."""

    model_id: int
    title: str
    done_bytes: int
    total_bytes: int
