"""Indexing gives way: to the window, to a reply that is being written, and to other programs.

On Linux priority belongs to each thread and is inherited by the threads and processes that it starts (llama.cpp's
included), so only the indexing threads are lowered, and a person's question is computed by other threads at normal
priority. An ordinary user cannot raise a priority again, so a thread that also serves questions is never lowered.

Elsewhere a lower priority would hold for the whole process, questions included; there only the parser is lowered.
Windows and macOS favour the window that a person works in by themselves.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading

import psutil

BACKGROUND_NICE = 10
"""A tenth of a normal thread's share where both compete, all of it where nothing else runs."""


def lower_thread() -> None:
    """Let the calling thread, and all that it starts from now on, give way. Only on Linux; calling it twice is fine."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it; indexing works at any priority
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND_NICE)


def lower_process() -> None:
    """Let the calling process give way, as long as it has one thread: its later threads inherit the priority."""
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(BACKGROUND_NICE)
