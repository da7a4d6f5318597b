"""How much memory a model may take here now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services.model_library import ModelLibrary


def room_bytes(models: ModelLibrary) -> int:
    """Free memory, and what the model that is loaded gives back when it makes room. Reads the machine: may block."""
    loaded = models.state.loaded
    return models.machine().memory_available_bytes + (loaded.memory.resident_bytes if loaded is not None else 0)
