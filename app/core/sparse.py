"""Files that are long without taking room: their middle is a hole that reads as zeros."""

from __future__ import annotations

import sys
from typing import IO

if sys.platform == "win32":
    import ctypes
    import msvcrt

    _FSCTL_SET_SPARSE = 0x900C4

    def extend(file: IO[bytes], size_bytes: int) -> None:
        """Make the file this long. On NTFS it has to be declared sparse, or the hole would take room, too."""
        done = ctypes.c_ulong()
        ctypes.windll.kernel32.DeviceIoControl(
            ctypes.c_void_p(msvcrt.get_osfhandle(file.fileno())),
            _FSCTL_SET_SPARSE,
            None,
            0,
            None,
            0,
            ctypes.byref(done),
            None,
        )
        file.truncate(size_bytes)

else:

    def extend(file: IO[bytes], size_bytes: int) -> None:
        """Make the file this long."""
        file.truncate(size_bytes)
