"""Look into zip files without being blown up by them: sizes are checked before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.errors import DocumentError
from app.core.sizes import size_text

MAX_UNPACKED_BYTES = 400_000_000
_MAX_RATIO = 150  # 449 KiB have become 1,180 MB elsewhere; honest office files stay below 30
_RATIO_MATTERS_BYTES = 40_000_000
_MAX_ENTRIES = 20_000


@contextmanager
def safe_zip(data: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip archive whose directory is plausible; reading a member never gives more than its directory says.

    Errors: :class:`DocumentError` for archives that are damaged, protected, or expand beyond reason.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise damaged() from error
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > _MAX_ENTRIES
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > _RATIO_MATTERS_BYTES and unpacked > _MAX_RATIO * len(data))
    ):
        raise DocumentError(
            "This file was not opened.",
            f"It is {size_text(len(data))} but would unpack to {size_text(unpacked)}, as files made to do harm do.",
            "If you trust it, save it anew in its own program.",
        )
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise protected()
    with archive:
        yield archive


def protected() -> DocumentError:
    """The words for an office file with a password."""
    return DocumentError(
        "This file is protected with a password.", "", "Save a copy without the password and add that."
    )


def damaged() -> DocumentError:
    """The words for a file that is not what it claims to be."""
    return DocumentError(
        "This file could not be read.", "It is damaged or incomplete.", "Open it in its own program and save it again."
    )
