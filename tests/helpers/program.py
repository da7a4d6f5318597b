"""Ending the real program in tests."""

from __future__ import annotations

import threading

from app.main import Program

_HANG_S = 60


def close_wholly(program: Program) -> None:
    """End it with its services: a busy machine may take longer for that than a person would wait."""
    program.close()
    for thread in threading.enumerate():
        if thread.name == "closing":
            thread.join(_HANG_S)
            assert not thread.is_alive()
