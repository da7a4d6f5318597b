"""Stopping llama.cpp in the middle of a graph, at no cost while nobody asks.

llama.cpp asks its abort callback before every node of a graph, about a thousand times a token. A Python callback would
take the interpreter's lock each time and cost a tenth of the speed and more. So the callback is the C library's own
``strlen``, pointed at a two-byte buffer: an empty string reads as "go on", a string of one character as "abort".
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)


class AbortFlag:
    """A flag that native code reads. Safe to set from any thread; it has to live as long as a context may read it."""

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(2)

    @property
    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self._buffer[0] != b"\0"

    def set(self) -> None:
        """Ask the computation to stop before its next node."""
        self._buffer[0] = b"\1"

    def install(self, llama: Any, context: Any) -> None:
        """Make ``context`` (a llama_context) obey this flag, in place of the one before."""
        callback = ctypes.cast(_library.strlen, llama.ggml_abort_callback)
        llama.llama_set_abort_callback(context, callback, ctypes.addressof(self._buffer))
