"""Work on a thread of its own that nobody has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def on_thread(work: Callable[[], T], name: str) -> Future[T]:
    """What ``work`` gives or raises. The thread does not keep the program from ending, as those of a pool do."""
    future: Future[T] = Future()

    def carry_out() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
            future.set_exception(error)

    threading.Thread(target=carry_out, name=name, daemon=True).start()
    return future
