"""PySide6 6.12 drops a reference to None with every call that returns it (app/ui/none_guard.py)."""

from __future__ import annotations

import subprocess
import sys

_CALLS = """
import app.ui
from PySide6.QtCore import QObject
thing = QObject()
for _ in range(200_000):
    thing.setObjectName("x")
print("alive")
"""


def test_many_calls_that_return_none_do_not_end_the_interpreter() -> None:
    done = subprocess.run([sys.executable, "-c", _CALLS], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr
