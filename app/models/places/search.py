"""One look through all places: how far it is, and whether it is to stop. A folder on a slow drive takes minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.core.jobs import CancelToken, Progress

_TELL_EVERY = 50


def nobody(progress: Progress) -> None:
    """Nobody watches."""


@dataclass
class Search:
    """``on_progress`` gets how many files and folders were looked at; its phase is the program's name."""

    on_progress: Callable[[Progress], None] = nobody
    cancel: CancelToken = field(default_factory=CancelToken)
    looked_at: int = 0

    def begin(self, program: str) -> None:
        """This program's folders come now. Errors: :class:`Cancelled`."""
        self.cancel.check()
        self.on_progress(Progress(self.looked_at, 0, "files", program))

    def step(self, program: str) -> None:
        """One more file or folder. Errors: :class:`Cancelled`."""
        self.looked_at += 1
        if self.looked_at % _TELL_EVERY == 0:
            self.begin(program)
