"""Why no window can be opened, in words. Qt itself ends the process with a core dump; Python only names a library.

Imports no Qt at the top: what it explains may be that Qt cannot be imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import SatchelError

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

_LIBRARIES = Path(__file__).parents[2] / "resources" / "linux-libraries.txt"
_MISSING = re.compile(r"([\w.+-]+\.so[\w.]*): cannot open shared object file")


def no_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> SatchelError | None:
    """The problem, where there is neither a display nor a wish to do without."""
    if platform != "linux" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return None
    return SatchelError(
        "There is no display here, so no window can open.",
        "Neither DISPLAY nor WAYLAND_DISPLAY is set.",
        "Start Satchel in a desktop session, or use it without a window: satchel --help",
    )


def missing_library(error: Exception) -> SatchelError | None:
    """The problem, if ``error`` says that a system library is missing; None if it is about something else."""
    found = _MISSING.search(str(error))
    if found is None:
        return None
    name = found[1]
    package = _packages().get(name)
    if package is None:
        how = f"Install the package of your system that has {name}, then start Satchel again."
    elif shutil.which("apt-get"):
        how = f"Install it, then start Satchel again: sudo apt-get install {package}"
    else:
        how = f"Install it (Debian calls its package {package}), then start Satchel again."
    return SatchelError("The window needs a system library that is missing.", f"{name} was not found.", how)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """While the QApplication is made: instead of Qt's abort, words on stderr and exit code 1."""
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    said: list[str] = []

    def heard(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if kind == QtMsgType.QtFatalMsg:
            print(_platform_problem(said, message), file=sys.stderr, flush=True)  # noqa: T201 - there is no window
            os._exit(1)  # returning from here is what aborts
        said.append(message)

    before = qInstallMessageHandler(heard)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
        for message in said:
            print(message, file=sys.stderr)  # noqa: T201 - as Qt would have


def _platform_problem(said: list[str], last: str) -> SatchelError:
    import PySide6

    for plugin in Path(PySide6.__file__).parent.glob("Qt/plugins/platforms/libqxcb.so"):
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            return missing_library(error) or SatchelError("The window cannot be opened.", str(error))
    reason = next((each for each in said if "display" in each), (said or [last])[0])
    return SatchelError(
        "The window cannot be opened.",
        f"Qt says: {reason.strip().splitlines()[0].rstrip('.')}.",
        "See to DISPLAY, WAYLAND_DISPLAY and QT_QPA_PLATFORM, or use Satchel without a window: satchel --help",
    )


def _packages() -> dict[str, str]:
    try:
        lines = _LIBRARIES.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split() for line in lines if line and line[0] != "#")
