"""Repositories for :mod:`tests.helpers.hub_server`: commits of files, and the facts that the hub's API tells."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal


@dataclass(frozen=True)
class File:
    """A file's bytes, in memory or on the disk. ``known_sha256``: instead of reading a large (sparse) file for it.

    ``large``: kept in LFS, so with a SHA-256 and behind a redirect, as models are; None: if it is on the disk.
    """

    content: Path | bytes
    known_sha256: str = ""
    kept_in_lfs: bool | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @property
    def large(self) -> bool:
        """Whether it is kept in LFS."""
        return isinstance(self.content, Path) if self.kept_in_lfs is None else self.kept_in_lfs

    @cached_property
    def sha256(self) -> str:
        """Of the content."""
        if self.known_sha256:
            return self.known_sha256
        digest = hashlib.sha256()
        for chunk in self.chunks(0, self.size, 2**20):
            digest.update(chunk)
        return digest.hexdigest()

    @property
    def blob_id(self) -> str:
        """Git's name for it (here: any 40 hex digits that change with the content)."""
        return self.sha256[:40]

    def chunks(self, start: int, length: int, chunk_bytes: int) -> Iterator[bytes]:
        """The bytes of a part."""
        with self._open() as file:
            file.seek(start)
            while length > 0 and (chunk := file.read(min(chunk_bytes, length))):
                length -= len(chunk)
                yield chunk

    def _open(self) -> BinaryIO:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")


Content = Path | bytes | File


@dataclass
class Repo:
    """A repository. ``allowed``: users who may read it although it is gated or private."""

    repo_id: str
    downloads: int = 0
    likes: int = 0
    trending: int = 0
    gated: Literal["", "auto", "manual"] = ""
    private: bool = False
    tags: tuple[str, ...] = ("gguf",)
    gguf: Mapping[str, Any] | None = None
    card_data: Mapping[str, Any] | None = None
    updated_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    allowed: frozenset[str] = frozenset()
    commits: dict[str, dict[str, File]] = field(default_factory=dict)

    def commit(self, files: Mapping[str, Content]) -> str:
        """Add a commit with exactly these files; "main" is this one now. Gives its hash."""
        sha = hashlib.sha1(f"{self.repo_id} {len(self.commits)}".encode()).hexdigest()
        self.commits[sha] = {
            path: content if isinstance(content, File) else File(content) for path, content in files.items()
        }
        self.updated_at += timedelta(days=1)
        return sha

    @property
    def head(self) -> str:
        """The commit that "main" is."""
        return list(self.commits)[-1]

    def find(self, revision: str) -> str | None:
        """A commit by its hash or as "main"."""
        return self.head if revision == "main" else revision if revision in self.commits else None

    def files(self, commit: str) -> dict[str, File]:
        """Path to file."""
        return self.commits[commit]

    def open_to(self, user: str) -> bool:
        """Whether this user may read its files."""
        return user in self.allowed

    def listed(self, expand: list[str]) -> dict[str, Any]:
        """As a search shows it: only the properties that are asked for."""
        everything = self.info(self.head, blobs=False)
        return {key: everything[key] for key in ("_id", "id", "modelId", *expand) if key in everything}

    def info(self, commit: str, *, blobs: bool) -> dict[str, Any]:
        """Everything that the API tells of it at a commit."""
        facts: dict[str, Any] = {
            "_id": "0" * 24,
            "id": self.repo_id,
            "modelId": self.repo_id,
            "author": self.repo_id.partition("/")[0],
            "sha": commit,
            "lastModified": self.updated_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "createdAt": "2025-01-01T00:00:00.000Z",
            "private": self.private,
            "gated": self.gated or False,
            "disabled": False,
            "downloads": self.downloads,
            "likes": self.likes,
            "trendingScore": self.trending,
            "tags": list(self.tags),
            "library_name": "gguf",
            "siblings": [_sibling(path, file, blobs) for path, file in self.files(commit).items()],
        }
        if self.gguf is not None:
            facts["gguf"] = dict(self.gguf)
        if self.card_data is not None:
            facts["cardData"] = dict(self.card_data)
        return facts


def _sibling(path: str, file: File, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": path}
    facts: dict[str, Any] = {"rfilename": path, "blobId": file.blob_id, "size": file.size}
    if file.large:
        facts["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 135}
    return facts
