"""Starting a child: a process of its own with one end of a pipe, and what Python needs to be told for that."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any


def spawn(name: str, entry: Callable[..., None], args: tuple[Any, ...]) -> tuple[BaseProcess, Connection]:
    """Run ``entry(connection, *args)`` in a new process. Returns it with the pipe's other end."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=entry, args=(theirs, *args), name=name, daemon=False)
    with _interrupts_held_back():
        process.start()
    theirs.close()  # else the child's end would never be seen as closed
    return process, ours


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let a child begin with Ctrl-C blocked: the whole group gets it, and the child is busy importing for a while."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker  # of POSIX only

    resource_tracker.ensure_running()  # starting it would unblock the signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
