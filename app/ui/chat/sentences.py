"""Where rendered text stands in the Markdown it is from, and the marks of the sentences that the check marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown_it.token import Token
from PySide6.QtGui import QTextCharFormat

from app.ui.chat.formats import Formats
from app.ui.chat.marks import Mark

Insert = Callable[[str, QTextCharFormat], None]
"""Adds text where the cursor stands."""


class SourceText:
    """Finds where rendered text stands in the Markdown. Text tokens come in order, each a piece of the source as it is
    (but for entities), so each is looked for behind the one before."""

    def __init__(self, source: str, offset: int) -> None:
        self._source = source
        self._offset = offset
        self._at = 0
        self._lines = [0]
        for line in source.split("\n"):  # as markdown-it counts lines
            self._lines.append(self._lines[-1] + len(line) + 1)

    def enter(self, token: Token) -> None:
        """A new line of text begins."""
        if token.map:
            self._at = max(self._at, self._lines[min(token.map[0], len(self._lines) - 1)])

    def end_of(self, token: Token) -> int:
        """Where the token's lines end, in the whole answer."""
        line = token.map[1] if token.map else 0
        return self._offset + (self._lines[min(line, len(self._lines) - 1)] if token.map else self._at)

    def locate(self, content: str) -> int:
        """Where ``content`` begins, in the whole answer."""
        found = self._source.find(content, self._at)
        if found < 0:
            found = self._at
        self._at = found + len(content)
        return self._offset + found


class SentenceWriter:
    """Splits text at the borders of marked sentences. A sentence may begin and end inside of any markup."""

    def __init__(self, formats: Formats, insert: Insert, marks: Sequence[Mark]) -> None:
        self._formats, self._insert = formats, insert
        self._marks = list(marks)
        self._next = 0

    def insert(self, content: str, at: int, form: QTextCharFormat) -> None:
        """Add text that stands at ``at`` in the whole answer."""
        while content:
            mark = self._marks[self._next] if self._next < len(self._marks) else None
            if mark is None or at + len(content) <= mark.start:
                self._insert(content, form)
                return
            if at >= mark.end:
                self._close(mark)
                continue
            inside = at >= mark.start
            cut = min(len(content), (mark.end if inside else mark.start) - at)
            self._insert(content[:cut], self._formats.marked(form, mark) if inside else form)
            content, at = content[cut:], at + cut
            if at >= mark.end:
                self._close(mark)

    def leave(self, end: int) -> None:
        """A paragraph ends: so do the sentences that do."""
        while self._next < len(self._marks) and self._marks[self._next].end <= end:
            self._close(self._marks[self._next])

    def _close(self, mark: Mark) -> None:
        for words, form in self._formats.mark_words(mark):
            self._insert(words, form)
        self._next += 1
