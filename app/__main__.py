"""The start of everything: ``satchel`` or ``python -m app``. Imports nothing heavy before it knows what is asked for.

A child process imports this module again (spawn), so nothing may happen at import. Even imports of the standard library
wait for :func:`main`, so that Ctrl-C in the first moment ends quietly.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells give it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window without arguments or with files to open; else be a command line. Returns the exit code."""
    try:
        return _start(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        return INTERRUPTED


def _start(given: list[str]) -> int:
    import multiprocessing
    from pathlib import Path

    multiprocessing.freeze_support()
    if all(not argument.startswith("-") and Path(argument).exists() for argument in given):
        return _open_window(given)
    from app.cli import run

    return run(given)


def _open_window(given: Sequence[str]) -> int:
    from app.ui import display

    problem = display.no_display()
    if problem is None:
        try:
            from app.main import main as open_window
        except ImportError as error:
            problem = display.missing_library(error)
            if problem is None:
                raise
        else:
            return open_window(given)
    print(problem, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
