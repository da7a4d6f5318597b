"""The one way to import llama.cpp. Only worker processes may load it: the library aborts on bad input.

Some of its behaviour is read from the environment when the library is loaded, so it is set here, before the import:

- ``GOMP_SPINCOUNT=0`` and ``OMP_WAIT_POLICY=passive``: two spinning OpenMP threads make a busy
  2-core machine 2-4 times slower. A short spin (1,000) was rejected: generating with 2 threads on 2 cores, an idle
  machine gains 13 % over 1 thread that sleeps (141 to 125 tokens/s), a busy one loses two thirds (42 to 130).
- ``GGML_NO_BACKTRACE=1``: otherwise an abort starts gdb.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("llama.cpp")

# ggml_log_level; the map inside llama-cpp-python is stale (its own callback logs warnings as errors).
DEBUG, INFO, WARNING, ERROR, _CONTINUATION = 1, 2, 3, 4, 5
_LEVELS = {INFO: logging.DEBUG, WARNING: logging.WARNING, ERROR: logging.ERROR}


@dataclass(frozen=True)
class LogLine:
    """One line that llama.cpp logged. ``level`` is one of INFO, WARNING and ERROR of this module."""

    level: int
    text: str


_lock = threading.Lock()
_loaded: dict[str, Any] = {}
_captures: list[list[LogLine]] = []


def load_llama_cpp() -> Any:
    """The low-level bindings (module ``llama_cpp.llama_cpp``); llama.cpp logs to Python's logger ``llama.cpp``.

    llama.cpp's information lines are logged as debug: it prints hundreds a model. Its own debug lines are dropped:
    thousands a model.
    """
    with _lock:
        if not _loaded:
            os.environ.update(GOMP_SPINCOUNT="0", OMP_WAIT_POLICY="passive", GGML_NO_BACKTRACE="1")
            bindings = importlib.import_module("llama_cpp.llama_cpp")
            # Kept for ever: the library calls it until the process ends.
            _loaded["callback"] = bindings.llama_log_callback(_LogLines())
            bindings.llama_log_set(_loaded["callback"], None)
            bindings.llama_backend_init()
            _loaded["bindings"] = bindings
        return _loaded["bindings"]


def llama_cpp_version() -> str:
    """The installed llama-cpp-python's version, which pins llama.cpp's. Does not import it: any process may ask."""
    return importlib.metadata.version("llama-cpp-python")


@contextlib.contextmanager
def captured_log() -> Iterator[list[LogLine]]:
    """Collect the lines that llama.cpp logs meanwhile: its figures and reasons are nowhere else to be had."""
    lines: list[LogLine] = []
    _captures.append(lines)
    try:
        yield lines
    finally:
        # By identity: two captures at once may hold equal lines.
        _captures[:] = [capture for capture in _captures if capture is not lines]


class _LogLines:
    """llama.cpp's log callback. Lines arrive in fragments, from any thread."""

    def __init__(self) -> None:
        self._text = ""
        self._level = INFO
        self._lock = threading.Lock()

    def __call__(self, level: int, text: bytes, _user_data: object) -> None:
        with self._lock:
            if level != _CONTINUATION:
                self._level = level
            if self._level == DEBUG:
                return
            self._text += text.decode("utf-8", "replace")
            *lines, self._text = self._text.split("\n")
            level = self._level
        for line in lines:
            if line.strip():
                log.log(_LEVELS.get(level, logging.DEBUG), "%s", line)
                for capture in _captures:
                    capture.append(LogLine(level, line))
