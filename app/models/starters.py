"""Where the starter models lie that packaging/starter_models.py makes."""

from __future__ import annotations

import os
from pathlib import Path


def starter_folder() -> Path:
    """``$SATCHEL_MODELS`` if set, else ``.models`` beside the program."""
    chosen = os.environ.get("SATCHEL_MODELS")
    return Path(chosen).expanduser().resolve() if chosen else Path(__file__).resolve().parents[2] / ".models"
