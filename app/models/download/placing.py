"""Putting a verified file in its place: one moment the old one is there, the next moment the new one."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from app.core.errors import ModelError
from app.core.files import sync_folder
from app.models.gguf_reader import read_header

_CHUNK_BYTES = 4 * 2**20


def check_without_hash(path: Path, name: str) -> None:
    """What can be told of a file without a checksum: that it is a whole GGUF file. Errors: :class:`ModelError`."""
    if name.endswith(".gguf"):
        try:
            read_header(path)
        except ModelError as error:
            raise ModelError(f"{name} is not what it should be.", error.why, error.next_step) from error


def put_in_place(verified: Path, target: Path, check: Callable[[], None]) -> None:
    """Move a file to its target, replacing one that is there. From another disk it is copied and compared.

    ``check`` is called all along a copy and may raise to end it.

    Errors: OSError; :class:`ModelError` when the copy is not what was copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        verified.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(verified, target, check)
    sync_folder(target.parent)


def copy_name(target: Path) -> Path:
    """Where a copy from another disk grows."""
    return target.with_name(f".{target.name}.arriving")


def _copy(verified: Path, target: Path, check: Callable[[], None]) -> None:
    copy = copy_name(target)
    try:
        with verified.open("rb") as source, copy.open("w+b") as file:
            original = hashlib.sha256()
            while chunk := source.read(_CHUNK_BYTES):
                check()
                original.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            copied = hashlib.sha256()
            while chunk := file.read(_CHUNK_BYTES):
                check()
                copied.update(chunk)
        if copied.digest() != original.digest():
            raise ModelError(f"{target.name} could not be copied.", "The copy is another file.", "See to that disk.")
        copy.replace(target)
    finally:
        copy.unlink(missing_ok=True)
    verified.unlink()
