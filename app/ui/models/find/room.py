"""How much memory a model may take here, as one number for lists."""

from __future__ import annotations

from app.models.plan import Room


def room_bytes(room: Room) -> int:
    """Free memory and that of the GPUs, with what the loaded model gives back.

    llama.cpp shares a model between them, so both count; a GPU without memory of its own is counted once.
    """
    return room.memory.free_bytes + sum(gpu.free_bytes for gpu in room.gpus if not gpu.unified)
