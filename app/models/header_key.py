"""What tells one header from all others: layouts and measurements are kept by it, wherever the file lies."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.core.errors import ModelError
from app.models.gguf import Header


def header_key(path: Path, header: Header) -> str:
    """A hash of the first file's header bytes and, for a split model, of all tensors. Errors: :class:`ModelError`."""
    found = hashlib.blake2b(digest_size=20)
    try:
        with path.open("rb") as file:
            found.update(file.read(header.data_start))
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{path.name} cannot be read.", f"The system says: {why}.", "Check the file.") from error
    if header.parts > 1:
        for tensor in header.tensors:
            found.update(f"{tensor.name} {tensor.shape} {tensor.type.name}\n".encode())
    return found.hexdigest()
