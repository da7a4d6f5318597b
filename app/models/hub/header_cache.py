"""Headers of files that are not here, kept as files of their true length with a hole where the weights would be.

llama.cpp lays such a file out like the whole one (:mod:`app.inference.probe`), and a second look needs no request. A
commit's files never change, so nothing kept here goes out of date; the longest unused go when it gets too much.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.core.disk import write_trouble
from app.core.errors import ModelError
from app.core.files import atomic_write
from app.core.sparse import extend
from app.models.gguf import Header
from app.models.gguf_reader import read_header

log = logging.getLogger(__name__)

MAX_BYTES = 512 * 2**20
"""On the disk, of all headers together: a few MB each."""

_PLAIN_NAME = re.compile(r"[\w.+=@-][\w.+=@ -]{0,199}")
_UNKNOWN_BYTES = 8 * 2**20
"""What a header is taken for where the system does not say how much room a file with holes takes."""


@dataclass(frozen=True)
class RemoteHeader:
    """A header and the file that has it. ``received_bytes``: what was transferred for it; 0: it was kept."""

    path: Path
    header: Header
    received_bytes: int


class HeaderCache:
    """A folder of headers. Safe from any thread and from several processes."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def place(self, repo_id: str, revision: str, path: str) -> Path:
        """Where the header of this file is kept. Parts of a split model lie together, under their own names."""
        folder, _, name = path.rpartition("/")
        key = hashlib.sha256(f"{repo_id}\n{revision}\n{folder}".encode()).hexdigest()[:32]
        if not _PLAIN_NAME.fullmatch(name) or PurePosixPath(name).suffix != ".gguf":
            name = hashlib.sha256(name.encode()).hexdigest()[:32] + ".gguf"
        return self._folder / key / name

    def get(self, place: Path, size_bytes: int) -> RemoteHeader | None:
        """What is kept there of a file of this length (0: unknown); None if nothing (usable) is."""
        try:
            found = place.stat()
            if size_bytes not in (0, found.st_size):
                return None
            header = read_header(place)
            # When it was used; its own time stays, by which others see whether it changed.
            os.utime(place, ns=(time.time_ns(), found.st_mtime_ns))
        except FileNotFoundError:
            return None
        except (OSError, ModelError) as error:
            log.warning("a kept header is read again: %s", error)
            return None
        return RemoteHeader(place, header, 0)

    def keep(self, place: Path, header: Header, start: bytes, received_bytes: int) -> RemoteHeader:
        """Keep a file's first bytes, up to its data. Errors: :class:`StorageError`."""
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(place) as file:
                file.write(start)
                extend(file, header.file_bytes)
        except OSError as error:
            raise write_trouble("The header of the model could not be kept.", place, error) from error
        self._make_room(place)
        return RemoteHeader(place, header, received_bytes)

    def _make_room(self, newest: Path) -> None:
        kept: list[tuple[int, int, Path]] = []
        for file in self._folder.glob("*/*.gguf"):
            with contextlib.suppress(OSError):
                found = file.stat()
                kept.append((found.st_atime_ns, _room(found), file))
        total = sum(size for _, size, _ in kept)
        for _, size, file in sorted(kept):
            if total <= self._max_bytes:
                break
            if file.parent == newest.parent:  # its other parts are needed beside it
                continue
            with contextlib.suppress(OSError):
                file.unlink()
                total -= size
                file.parent.rmdir()


def _room(found: os.stat_result) -> int:
    blocks = getattr(found, "st_blocks", None)
    return _UNKNOWN_BYTES if blocks is None else int(blocks) * 512
