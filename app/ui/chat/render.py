"""Writes one Markdown block into a QTextDocument.

markdown-it's tokens go straight to a QTextCursor. HTML as a step between was rejected: deeply nested HTML crashes
``setHtml``, and text that is never markup again cannot become markup. Links other than http, https and mailto and all
pictures stay text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextList,
    QTextListFormat,
    QTextTable,
)

from app.ui.chat.formats import PARAGRAPH_GAP, Formats
from app.ui.chat.marks import Mark
from app.ui.chat.sentences import SentenceWriter, SourceText
from app.ui.tokens import Colors

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


@dataclass
class _ListLevel:
    format: QTextListFormat
    list: QTextList | None = None


class MarkdownRenderer:
    """Writes blocks at the end of ``document``. ``line_breaks``: whether a single line break in a paragraph is shown as
    one, as models that write for chats mean it, and not as a space (CommonMark 6.8)."""

    def __init__(self, document: QTextDocument, colors: Colors, *, line_breaks: bool = True) -> None:
        self._document = document
        self._formats = Formats(colors)
        self._cursor = QTextCursor(document)
        self._lists: list[_ListLevel] = []
        self._item_starts = False
        self._quotes = 0
        self._indent = 0
        self._offset = 0
        self._base = self._formats.plain
        self._soft_break = "\u2028" if line_breaks else " "

    def write(self, source: str, offset: int = 0, marks: Sequence[Mark] = (), indent: int = 0) -> None:
        """Add a block. ``offset`` of ``source`` in the whole answer, which ``marks`` refer to."""
        text = SourceText(source, offset)
        sentences = SentenceWriter(self._formats, self._insert, marks)
        parsed = _PARSER.parse(source)
        with self._one_edit():
            self._lists, self._quotes, self._indent, self._offset = [], 0, indent, offset
            at = 0
            while at < len(parsed):
                token = parsed[at]
                if token.type == "table_open":
                    end = next(i for i in range(at, len(parsed)) if parsed[i].type == "table_close")
                    self._table(parsed[at : end + 1], text, sentences)
                    at = end
                else:
                    self._token(token, text, sentences)
                at += 1

    def write_plain(self, source: str) -> None:
        """Add text as it is, each line a block."""
        with self._one_edit():
            self._lists, self._quotes, self._indent = [], 0, 0
            for line in source.split("\n"):
                self._begin(self._block_format(gap=0), self._formats.plain)
                self._cursor.insertText(line, self._formats.plain)

    @contextlib.contextmanager
    def _one_edit(self) -> Iterator[None]:
        """Without this, Qt lays the paragraph out anew for each piece: 1.4 s for one of 8,000 characters."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        edit = QTextCursor(self._document)
        edit.beginEditBlock()
        try:
            yield
        finally:
            edit.endEditBlock()

    # -- blocks ---------------------------------------------------------------------------------------------------

    def _token(self, token: Token, text: SourceText, sentences: SentenceWriter) -> None:
        match token.type:
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append(_ListLevel(self._formats.list_format(token, len(self._lists) + 1, self._indent)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item_starts = True
            case "paragraph_open":
                self._begin(
                    self._block_format(gap=3 if token.hidden or self._lists else PARAGRAPH_GAP), self._formats.plain
                )
            case "heading_open":
                self._heading(token)
            case "inline":
                text.enter(token)
                self._inline(token, text, sentences)
                sentences.leave(text.end_of(token))
            case "fence" | "code_block":
                self._code(token)
            case "hr":
                self._begin(self._formats.rule(self._block_format(gap=PARAGRAPH_GAP)), self._formats.plain)
            case _:
                pass

    def _begin(self, block: QTextBlockFormat, char: QTextCharFormat) -> None:
        self._base = char
        if self._document.isEmpty() and self._document.blockCount() == 1:
            self._cursor.setBlockFormat(block)
            self._cursor.setBlockCharFormat(char)
            self._cursor.setCharFormat(char)
        else:
            self._cursor.insertBlock(block, char)
        if self._item_starts and self._lists:
            self._item_starts = False
            level = self._lists[-1]
            if level.list is None:
                level.list = self._cursor.createList(level.format)
            else:
                level.list.add(self._cursor.block())
        elif self._cursor.currentList() is not None:
            self._cursor.currentList().remove(self._cursor.block())
            self._cursor.setBlockFormat(block)

    def _block_format(self, gap: int) -> QTextBlockFormat:
        # The first paragraph of a list's item is indented by the list.
        indent = 0 if self._lists and self._item_starts else len(self._lists) + self._indent
        return self._formats.block(gap, self._quotes, indent)

    def _heading(self, token: Token) -> None:
        block = self._block_format(gap=6)
        self._begin(block, self._formats.heading(token.tag, block, first=not self._offset))

    def _code(self, token: Token) -> None:
        """Code inside of a quote or a list; that at the top is a widget of its own."""
        for line in token.content.rstrip("\n").split("\n"):
            self._begin(self._formats.code_line(self._block_format(gap=0)), self._formats.plain)
            self._cursor.insertText(line, self._formats.code(self._formats.plain))

    def _table(self, parsed: Sequence[Token], text: SourceText, sentences: SentenceWriter) -> None:
        columns = sum(token.type == "th_open" for token in parsed)
        rows = sum(token.type == "tr_open" for token in parsed)
        if not columns or not rows:
            return
        table = self._cursor.insertTable(rows, columns, self._formats.table())
        row, column = -1, 0
        for token in parsed:
            if token.type == "tr_open":
                row, column = row + 1, 0
            elif token.type in ("th_open", "td_open"):
                self._cell(table, row, column, token)
                column += 1
            elif token.type == "inline":
                text.enter(token)
                self._inline(token, text, sentences)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)

    def _cell(self, table: QTextTable, row: int, column: int, token: Token) -> None:
        cell = table.cellAt(row, column)
        self._base = self._formats.plain
        if token.type == "th_open":
            ground, self._base = self._formats.head_cell()
            cell.setFormat(ground)
        self._cursor = cell.firstCursorPosition()
        self._cursor.setBlockFormat(self._formats.cell_block(token))

    # -- text in a line -------------------------------------------------------------------------------------------

    def _inline(self, token: Token, text: SourceText, sentences: SentenceWriter) -> None:
        formats = [self._base]
        for child in token.children or ():
            if child.nesting == 1:
                formats.append(self._formats.styled(formats[-1], child))
            elif child.nesting == -1:
                if len(formats) > 1:
                    formats.pop()
            elif child.type == "softbreak":
                self._insert(self._soft_break, formats[-1])
            elif child.type == "hardbreak":
                self._insert("\u2028", formats[-1])
            elif child.type == "image":
                words = QCoreApplication.translate("Markdown", "[picture not loaded: {description}]")
                self._insert(words.format(description=child.content or child.attrs.get("src", "")), formats[-1])
            else:
                content, at = child.content, text.locate(child.content)
                if child.type == "code_inline":
                    sentences.insert(content, at, self._formats.code(formats[-1]))
                    continue
                if self._lists and self._cursor.atBlockStart() and content[:4] in _TASKS:
                    self._insert(_TASKS[content[:4]], formats[-1])
                    content, at = content[4:], at + 4
                sentences.insert(content, at, formats[-1])

    def _insert(self, text: str, form: QTextCharFormat) -> None:
        self._cursor.insertText(text, form)
