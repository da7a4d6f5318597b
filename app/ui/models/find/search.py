"""A search on the hub, page by page. It requests only when it is told to, and forgets answers to older questions."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.core.errors import SatchelError
from app.models.hub.values import HubPage, Sort
from app.ui.parts import Parts


@dataclass(frozen=True)
class Question:
    """What was looked for; ``text`` empty: everything there is."""

    text: str
    sort: Sort


class Search(QObject):
    """``looking``, then ``found`` or ``failed``; each with whether it is the first page."""

    looking = Signal(bool)
    found = Signal(object, bool)
    """A HubPage."""
    failed = Signal(object, bool)
    """A SatchelError."""

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._question: Question | None = None
        self._next = ""
        self._turn = 0
        self._busy = False

    @property
    def question(self) -> Question | None:
        """What was asked last; None: nothing, or it was put aside."""
        return self._question

    @property
    def has_more(self) -> bool:
        """Whether there is another page."""
        return bool(self._next)

    def ask(self, question: Question) -> None:
        """Look for something else."""
        self._question, self._next = question, ""
        self._request(first=True)

    def again(self) -> None:
        """The same once more, from the beginning."""
        if self._question is not None:
            self.ask(self._question)

    def more(self) -> None:
        """The next page, unless one is on its way."""
        if self._question is not None and self._next and not self._busy:
            self._request(first=False)

    def put_aside(self) -> None:
        """Forget the question; an answer on its way is not shown."""
        self._turn += 1
        self._question, self._next, self._busy = None, "", False

    def _request(self, *, first: bool) -> None:
        question, cursor, hub = self._question, self._next, self._parts.hub
        assert question is not None
        self._turn += 1
        self._busy = True
        turn = self._turn

        def came(page: HubPage) -> None:
            if turn == self._turn:
                self._busy, self._next = False, page.next
                self.found.emit(page, first)

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self._busy = False
                self.failed.emit(error, first)

        self.looking.emit(first)
        self._parts.bridge.run(lambda: hub.search(question.text, sort=question.sort, cursor=cursor), came, failed, self)
