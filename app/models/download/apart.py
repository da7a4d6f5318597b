"""A call that may hang, made so that nobody has to wait for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import TimeoutError as NotYet
from typing import TypeVar

from app.core.threads import on_thread

ResultT = TypeVar("ResultT")
_LOOK_EVERY_S = 0.2


def apart(call: Callable[[], ResultT], check: Callable[[], None]) -> ResultT:
    """What ``call`` gives or raises, from a thread of its own. ``check`` is called all the while and may raise.

    The call is then left to itself: what it does must not matter any more.
    """
    future = on_thread(call, "download call")
    while True:
        check()
        try:
            return future.result(_LOOK_EVERY_S)
        except NotYet:
            if future.done():
                return future.result()
