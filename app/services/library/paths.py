"""Paths as the library keeps them: one way to each file."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import ModelError
from app.models.split import part_names


def resolved(path: Path) -> Path:
    """A path without links; of a part of a split model only where its name stays, for the others are found by it.

    Errors: :class:`ModelError` when there is no such file, or the system does not let it be looked at.
    """
    try:
        path = path.expanduser()
        found = path.resolve(strict=True)
        str(found).encode()
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} was not found.", f"There is no file {path}.", "Check the path.") from error
    except UnicodeEncodeError as error:
        raise ModelError("This file cannot be used.", "Its name is not valid text.", "Rename it.") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, until Python 3.12
        raise ModelError(f"{path.name} cannot be read.", f"The system says: {error}.", "Check the path.") from error
    return path.absolute() if part_names(path.name) and not part_names(found.name) else found
