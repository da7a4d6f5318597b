"""Where a downloaded file will lie. Names come from the network, so they are not trusted to be harmless."""

from __future__ import annotations

import re
from pathlib import Path

from app.core.errors import ModelError
from app.models.hub.values import HubFile

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?")
"""Names of devices on Windows, whatever their ending."""
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\]')
_LONGEST_NAME_BYTES = 240


def target_paths(models: Path, file: HubFile) -> tuple[Path, ...]:
    """The places of all parts below the folder ``models``: its author, its repository, its path there.

    Errors: :class:`ModelError` for names that cannot be files here or would lie elsewhere.
    """
    if not file.paths or len(set(file.paths)) != len(file.paths) or file.repo_id.count("/") != 1:
        raise _unusable(file.name or file.repo_id)
    return tuple(models.joinpath(*_names(f"{file.repo_id}/{path}")) for path in file.paths)


def _names(path: str) -> list[str]:
    names = path.split("/")
    for name in names:
        bad = not name.strip(". ") or name.endswith((".", " ")) or name.startswith(".")
        if bad or _FORBIDDEN.search(name) or _RESERVED.fullmatch(name) or len(name.encode()) > _LONGEST_NAME_BYTES:
            raise _unusable(path)
    return names


def _unusable(path: str) -> ModelError:
    return ModelError(
        "This file cannot be downloaded.", f"Its name cannot be used here: “{path[:200]}”.", "Choose another one."
    )
