"""Logging of one process into one rotating file under ``Home.logs``. Secrets and document text never go there."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
from typing import IO

from app.core.paths import Home

_FORMAT = "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"
_crash_file: IO[str] | None = None


def configure(home: Home, process: str, *, verbose: bool = False) -> None:
    """Log to ``logs/<process>.log`` (three old ones of 1 MB are kept) and let a hard crash write its stack there.

    What cannot be written (a full disk, a read-only folder) is lost in silence: whoever needs the disk says it better.
    """
    global _crash_file
    logging.raiseExceptions = False  # else each lost line is a traceback on stderr
    with contextlib.suppress(OSError):
        home.logs.mkdir(parents=True, exist_ok=True)
    handler = _File(home.logs / f"{process}.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, logging.handlers.RotatingFileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    with contextlib.suppress(OSError):
        old_crash_file, _crash_file = _crash_file, (home.logs / f"{process}.crash").open("a")
        faulthandler.enable(_crash_file)  # which needs it to stay open
        if old_crash_file is not None:
            old_crash_file.close()


class _File(logging.handlers.RotatingFileHandler):
    def close(self) -> None:
        with contextlib.suppress(OSError):  # what a full disk left in the buffer
            super().close()
