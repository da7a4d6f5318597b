"""Colours for code, and lexing it in slices so that no length of it stops the window."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.theme import Theme

SLICE_S = 0.003
LEX_LIMIT = 60_000
"""Longer code stays plain."""

# All at least 4.5:1 on the wells they stand on.
LIGHT_SYNTAX = {
    Comment: "#6d675e",
    Keyword: "#7c2ff0",
    Name.Function: "#0b5cad",
    Name.Class: "#0b5cad",
    Name.Builtin: "#0b6b74",
    Name.Tag: "#7c2ff0",
    Name.Attribute: "#0b6b74",
    Name.Decorator: "#8a5a00",
    String: "#2c6e49",
    Number: "#a8430b",
    Operator.Word: "#7c2ff0",
}
DARK_SYNTAX = {
    Comment: "#989186",
    Keyword: "#c3a1ff",
    Name.Function: "#8fc1f5",
    Name.Class: "#8fc1f5",
    Name.Builtin: "#7fd0d6",
    Name.Tag: "#c3a1ff",
    Name.Attribute: "#7fd0d6",
    Name.Decorator: "#e5b65c",
    String: "#8fcfa6",
    Number: "#f0a878",
    Operator.Word: "#c3a1ff",
}

Span = tuple[int, int, int, _TokenType]
"""Line, column and length in UTF-16 units (as Qt counts), kind."""


def has_lexer(language: str) -> bool:
    """Whether Pygments knows the language."""
    return _lexer(language) is not None


class CodeColors(QObject):
    """Colours one document, a few milliseconds at a time; ``lex`` again when its text has changed."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._highlighter = _Highlighter(document)
        self._formats = {kind: _format(color) for kind, color in (DARK_SYNTAX if theme.dark else LIGHT_SYNTAX).items()}
        self._tokens: Iterator[Span] = iter(())
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._slice)

    @property
    def busy(self) -> bool:
        """Whether slices are still to come."""
        return self._timer.isActive()

    def lex(self, code: str, language: str) -> None:
        """Begin to colour ``code``, which is the document's text now."""
        lexer = _lexer(language)
        if lexer is None or len(code) > LEX_LIMIT:
            return
        self._highlighter.lines.clear()
        self._tokens = _by_line(lexer.get_tokens(code))
        self._timer.start()

    def _slice(self) -> None:
        until = time.perf_counter() + SLICE_S
        document = self._highlighter.document()
        changed: dict[int, list[tuple[int, int, QTextCharFormat]]] = {}
        for line, start, length, kind in self._tokens:
            chosen = self._format_of(kind)
            if chosen is not None:
                changed.setdefault(line, self._highlighter.lines.setdefault(line, [])).append((start, length, chosen))
            if time.perf_counter() > until:
                break
        else:
            self._timer.stop()
        for line in changed:
            self._highlighter.rehighlightBlock(document.findBlockByNumber(line))

    def _format_of(self, kind: _TokenType) -> QTextCharFormat | None:
        while kind is not None:
            if kind in self._formats:
                return self._formats[kind]
            kind = kind.parent
        return None


class _Highlighter(QSyntaxHighlighter):
    """Puts known formats on lines; the lexer fills ``lines``."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.lines: dict[int, list[tuple[int, int, QTextCharFormat]]] = {}

    def highlightBlock(self, text: str) -> None:
        for start, length, chosen in self.lines.get(self.currentBlock().blockNumber(), ()):
            self.setFormat(start, length, chosen)


def utf16_length(text: str) -> int:
    """How long Qt takes ``text`` to be: characters beyond U+FFFF count twice."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def _by_line(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[Span]:
    line = column = 0
    for kind, value in tokens:
        for number, part in enumerate(value.split("\n")):
            if number:
                line, column = line + 1, 0
            length = utf16_length(part)
            if length:
                yield line, column, length, kind
            column += length


def _format(color: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(color))
    return made


def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    try:
        # As it stands: no stripping, so that line numbers are the document's.
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
