"""How much memory a model may take here now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services.planning import ModelPlanner


def room_bytes(planner: ModelPlanner) -> int:
    """Free memory and that of the GPUs, with what the loaded model gives back. Reads the machine: may block.

    llama.cpp shares a model between them, so both count; a GPU without memory of its own is counted once.
    """
    room = planner.room()
    return room.memory.free_bytes + sum(gpu.free_bytes for gpu in room.gpus if not gpu.unified)
