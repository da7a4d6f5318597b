"""Only what works for the index is lowered."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from app.knowledge.priority import BACKGROUND_NICE, lower_thread


@pytest.mark.skipif(sys.platform != "linux", reason="priority belongs to the whole process elsewhere")
def test_a_lowered_thread_and_what_it_starts_give_way_and_the_others_do_not() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    found: list[int] = []

    def note() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def work() -> None:
        lower_thread()
        lower_thread()
        note()
        started = threading.Thread(target=note)
        started.start()
        started.join()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [BACKGROUND_NICE, BACKGROUND_NICE]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before < BACKGROUND_NICE
