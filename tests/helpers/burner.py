"""A process that keeps one processor busy until it is ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import psutil


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Every processor has other work meanwhile."""
    code = "print('burning', flush=True)\nwhile True: pass"
    burners = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(psutil.cpu_count() or 1)
    ]
    try:
        for burner in burners:
            assert burner.stdout is not None
            burner.stdout.readline()
        yield
    finally:
        for burner in burners:
            with burner:
                burner.kill()
