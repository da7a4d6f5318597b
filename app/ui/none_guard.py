"""Keeps PySide6 6.12 from ending the program on Python 3.11.

PySide6 6.12.0's wheels were compiled against headers of Python 3.12 or later, where ``None`` is immortal: a call that
returns ``None`` takes no reference to it. Python 3.11 counts, so every such call drops one, and after some thousands of
calls the interpreter aborts with "none_dealloc: deallocating None"; ``True`` and ``False`` go the same way.
Giving them more references than can ever be dropped is what Python 3.12 itself does.

Rejected: PySide6 6.11, which would hold back Qt's fixes; asking for Python 3.12, which Debian 12 does not have.
"""

from __future__ import annotations

import ctypes
import sys

_MORE = 1 << 40


def keep_none_alive() -> None:
    """Do it where it is needed; elsewhere, nothing."""
    if sys.implementation.name == "cpython" and sys.version_info < (3, 12):
        # The first field of every object (a debug build of Python, which has others before it, is not used here).
        for constant in (None, True, False, NotImplemented, Ellipsis):
            count = ctypes.c_ssize_t.from_address(id(constant))
            if count.value < _MORE:
                count.value += _MORE
