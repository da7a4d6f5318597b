"""Running untrusted Python-level work with a deadline, in a thread that can be given up.

A signal or an alarm would hit the worker's main thread. An exception raised in a *thread of its own*
(``PyThreadState_SetAsyncExc``) can end a loop there and can never strike other code by arriving late.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class DeadlineMissed(Exception):
    """The work was still going on when its time was over."""


class _Stop(BaseException):
    """Not an ``Exception``, so that no handler in the work swallows it."""


def call_within(timeout_s: float, work: Callable[[], T]) -> T:
    """Return ``work()``, or raise what it raises, or :class:`DeadlineMissed` after ``timeout_s``.

    Work that sits in one long native call cannot be ended; its thread is then left behind.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except _Stop:
            future.set_exception(DeadlineMissed())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            future.set_exception(error)

    thread = threading.Thread(target=run, name="deadline", daemon=True)
    thread.start()
    try:
        return future.result(timeout_s)
    except TimeoutError:
        if future.done():  # the work raised TimeoutError itself, or ended just now
            return future.result()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop))
    thread.join(1.0)
    raise DeadlineMissed
