"""Writing to whatever stdout and stderr are: a terminal, a pipe that may close, a file, or nothing at all."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import IO, Any

from app.core.errors import SatchelError

# Documents and models are not trusted: their text must not move the cursor, set titles or write to the clipboard.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class OutputClosed(Exception):
    """Our output goes nowhere any more: nobody reads it (`satchel ... | head`), or there is a ``problem`` to tell."""

    def __init__(self, problem: SatchelError | None = None) -> None:
        super().__init__()
        self.problem = problem


class Terminal:
    """Plain, aligned text without colours. Methods may be called from any thread, one at a time."""

    def __init__(self, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._err = err if err is not None else sys.stderr
        for stream in (self._out, self._err, sys.stdin):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a console that cannot show “ shows ?
        self.closed = False
        self._progress = 0

    @property
    def is_interactive(self) -> bool:
        """Whether a person looks at stderr, so that progress may be drawn over itself."""
        return self._err is not None and self._err.isatty()

    def write(self, text: str) -> None:
        """Write as it is, at once. Errors: :class:`OutputClosed`."""
        if self._out is None:
            return
        if self.closed:
            raise OutputClosed
        self._wipe()
        try:
            self._out.write(_CONTROL.sub("", text))
            self._out.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: the file object was closed
            self.closed = True
            raise OutputClosed from error
        except OSError as error:
            self.closed = True
            why = f"The system says: {error.strerror or error}."
            raise OutputClosed(
                SatchelError("The output could not be written.", why, "See to the place that it goes to.")
            ) from error

    def line(self, text: str = "", indent: str = "") -> None:
        """Write one line."""
        self.write(f"{indent}{text}\n")

    def paragraph(self, text: str, first: str = "", rest: str = "") -> None:
        """Write text wrapped at 100 columns, the first line and the others with these beginnings.

        Words stay whole, so that paths and addresses can be copied.
        """
        fold = textwrap.TextWrapper(100, break_long_words=False, break_on_hyphens=False)
        for block in text.splitlines() or [""]:
            fold.initial_indent, fold.subsequent_indent = first, rest
            self.line(fold.fill(block) or first.rstrip())
            first = rest

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Columns, those in ``right`` aligned to the right."""
        cells = [list(header), *([_CONTROL.sub("", cell) for cell in row] for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
        for row in cells:
            parts = [
                cell.rjust(width) if column in right else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.line("  ".join(parts).rstrip())

    def json(self, value: Any) -> None:
        """Write a value as JSON."""
        self.line(json.dumps(value, ensure_ascii=False, indent=2))

    def note(self, text: str) -> None:
        """Say something beside the result, on stderr."""
        self._wipe()
        self._say(_CONTROL.sub("", text) + "\n")

    def progress(self, text: str) -> None:
        """Show how far it is: over itself on a terminal; nowhere else."""
        if self.is_interactive:
            text = _CONTROL.sub("", text)[:98]
            self._say("\r" + text.ljust(self._progress))
            self._progress = len(text)

    def error(self, error: SatchelError) -> None:
        """What happened, why, what next."""
        self.note(f"satchel: {error.what}")
        for part in (error.why, error.next_step):
            if part:
                self.note(f"  {part}")

    def flush(self) -> None:
        """Errors: :class:`OutputClosed`."""
        self.write("")

    def give_up(self) -> None:
        """Keep the interpreter from complaining at exit that stdout is closed."""
        if self._out is sys.stdout and sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def _wipe(self) -> None:
        if self._progress:
            self._say("\r" + " " * self._progress + "\r")
            self._progress = 0

    def _say(self, text: str) -> None:
        if self._err is None:
            return
        try:
            self._err.write(text)
            self._err.flush()
        except (OSError, ValueError):
            self._err = None
