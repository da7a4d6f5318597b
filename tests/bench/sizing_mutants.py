"""What damaged headers do to whoever asks about them (part of tests.bench.sizing)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from app.core.errors import SatchelError
from app.core.paths import Home
from app.services.compose import Services
from tests.helpers.mutants import mutants as damaged

COMMANDS = 25
"""So many go through the command line itself, each in a process of its own."""


def mutants(home: Home, folder: Path, starter: Path, count: int) -> None:
    """Each through the call that the command line and the window make, in this process."""
    print(f"\n{count:,} damaged headers (references: 0 deaths, each answered in 5 s)")
    services = Services.open(home)
    answers: Counter[str] = Counter()
    slowest, started, commands = 0.0, time.perf_counter(), []
    for number, (_, path) in enumerate(damaged(folder, starter, count)):
        before = time.perf_counter()
        try:
            _, verdict = services.models.verdicts.inspect(path)
            answers["laid out by llama.cpp" if verdict.measured_by_llama else "estimated"] += 1
        except SatchelError as error:
            died = "ended while it read" in error.why
            answers["llama.cpp ended, and it is said" if died else "refused in words"] += 1
        slowest = max(slowest, time.perf_counter() - before)
        if number % max(1, count // COMMANDS) == 0:
            commands.append(_command(path, home))
    services.close()
    spent = time.perf_counter() - started
    print(f"{sum(answers.values()):,} answered in {spent:.0f} s, this process lives; slowest {slowest:.2f} s")
    for answer, times in answers.most_common():
        print(f"  {times:6,} {answer}")
    codes, longest = Counter(code for code, _ in commands), max(spent for _, spent in commands)
    print(f"{len(commands)} of them on the command line: exit codes {dict(codes)}, slowest {longest:.2f} s")


def _command(path: Path, home: Home) -> tuple[int, float]:
    before = time.perf_counter()
    command = [sys.executable, "-m", "app", "models", "size", str(path)]
    own = os.environ | {"SATCHEL_HOME": str(home.root / "cli")}
    done = subprocess.run(command, capture_output=True, timeout=60, env=own)
    return done.returncode, time.perf_counter() - before
