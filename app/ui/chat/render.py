"""Writes one Markdown block into a QTextDocument.

markdown-it's tokens go straight to a QTextCursor. HTML as a step between was rejected: deeply nested HTML crashes
``setHtml``, and text that is never markup again cannot become markup. Links other than http, https and mailto and all
pictures stay text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)

from app.ui import tokens
from app.ui.chat.marks import Mark
from app.ui.theme import mono_font
from app.ui.tokens import Colors

QUOTE_DEPTH = QTextFormat.Property.UserProperty + 1
"""On a block: how many quote bars stand at its left."""

CITE = "cite:"
"""Links ``cite:<passage>:<start>:<end>`` are made here only; no text of a model becomes one."""

LINE_HEIGHT = 150.0
PARAGRAPH_GAP = 10
_HEADINGS = {"h1": 20, "h2": 18, "h3": 16}
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
_ALIGNMENTS = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
}
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


def is_web_address(address: str) -> bool:
    """Whether a click may open it: http, https, mailto."""
    try:
        return urlsplit(address).scheme.lower() in ("http", "https", "mailto")
    except ValueError:
        return False


@dataclass
class _ListLevel:
    format: QTextListFormat
    list: QTextList | None = None


class MarkdownRenderer:
    """Writes blocks at the end of ``document``."""

    def __init__(self, document: QTextDocument, colors: Colors) -> None:
        self._document = document
        self._colors = colors
        self._cursor = QTextCursor(document)
        self._lists: list[_ListLevel] = []
        self._item_starts = False
        self._quotes = 0
        self._indent = 0
        self._offset = 0
        self._plain = QTextCharFormat()
        self._plain.setForeground(QColor(colors.text))
        self._base = self._plain

    def write(self, source: str, offset: int = 0, marks: Sequence[Mark] = (), indent: int = 0) -> None:
        """Add a block. ``offset`` of ``source`` in the whole answer, which ``marks`` refer to."""
        text = _Source(source, offset)
        sentences = _Sentences(self, marks)
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
                self._begin(self._block_format(gap=0), self._plain)
                self._cursor.insertText(line, self._plain)

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

    def _token(self, token: Token, text: _Source, sentences: _Sentences) -> None:
        match token.type:
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append(_ListLevel(self._list_format(token)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item_starts = True
            case "paragraph_open":
                self._begin(self._block_format(gap=3 if token.hidden or self._lists else PARAGRAPH_GAP), self._plain)
            case "heading_open":
                self._heading(token)
            case "inline":
                text.enter(token)
                self._inline(token, text, sentences)
                sentences.leave(text.end_of(token))
            case "fence" | "code_block":
                self._code(token)
            case "hr":
                form = self._block_format(gap=PARAGRAPH_GAP)
                form.setProperty(
                    QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
                    QTextLength(QTextLength.Type.PercentageLength, 100),
                )
                form.setProperty(QTextFormat.Property.BackgroundBrush, QBrush(QColor(self._colors.line_strong)))
                self._begin(form, self._plain)
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
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, _PROPORTIONAL)
        form.setBottomMargin(gap)
        if self._quotes:
            form.setProperty(QUOTE_DEPTH, self._quotes)
            form.setLeftMargin(16 * self._quotes)
        if self._lists and self._item_starts:
            return form  # the list indents it
        form.setIndent(len(self._lists) + self._indent)
        return form

    def _list_format(self, token: Token) -> QTextListFormat:
        form = QTextListFormat()
        depth = len(self._lists) + 1
        form.setIndent(depth + self._indent)
        if token.type == "ordered_list_open":
            form.setStyle(QTextListFormat.Style.ListDecimal)
            form.setStart(int(token.attrs.get("start", 1)))
        else:
            form.setStyle(
                QTextListFormat.Style.ListDisc if depth % 2 else QTextListFormat.Style.ListCircle,
            )
        return form

    def _heading(self, token: Token) -> None:
        form = self._block_format(gap=6)
        form.setHeadingLevel(int(token.tag[1]))
        form.setLineHeight(130.0, _PROPORTIONAL)
        if self._offset:
            form.setTopMargin(12)
        char = QTextCharFormat(self._plain)
        char.setFontWeight(QFont.Weight.Bold)
        char.setProperty(QTextFormat.Property.FontPixelSize, _HEADINGS.get(token.tag, tokens.FONT_BODY))
        self._begin(form, char)

    def _code(self, token: Token) -> None:
        """Code inside of a quote or a list; that at the top is a widget of its own."""
        for line in token.content.rstrip("\n").split("\n"):
            form = self._block_format(gap=0)
            form.setBackground(QColor(self._colors.sunken))
            self._begin(form, self._plain)
            self._cursor.insertText(line, self._code_format(self._plain))

    def _table(self, parsed: Sequence[Token], text: _Source, sentences: _Sentences) -> None:
        columns = sum(token.type == "th_open" for token in parsed)
        rows = sum(token.type == "tr_open" for token in parsed)
        if not columns or not rows:
            return
        form = QTextTableFormat()
        form.setBorder(1)
        form.setBorderBrush(QColor(self._colors.line))
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderCollapse(True)
        form.setCellPadding(7)
        form.setCellSpacing(0)
        form.setBottomMargin(PARAGRAPH_GAP)
        form.setHeaderRowCount(1)
        table = self._cursor.insertTable(rows, columns, form)
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
        self._base = QTextCharFormat(self._plain)
        if token.type == "th_open":
            ground = QTextTableCellFormat()
            ground.setBackground(QColor(self._colors.sunken))
            cell.setFormat(ground)
            self._base.setFontWeight(QFont.Weight.Bold)
        self._cursor = cell.firstCursorPosition()
        block = QTextBlockFormat()
        block.setAlignment(_ALIGNMENTS.get(str(token.attrs.get("style", "")), Qt.AlignmentFlag.AlignLeft))
        block.setLineHeight(130.0, _PROPORTIONAL)
        self._cursor.setBlockFormat(block)

    # -- text in a line -------------------------------------------------------------------------------------------

    def _inline(self, token: Token, text: _Source, sentences: _Sentences) -> None:
        formats = [self._base]
        for child in token.children or ():
            if child.nesting == 1:
                formats.append(self._styled(formats[-1], child))
            elif child.nesting == -1:
                if len(formats) > 1:
                    formats.pop()
            elif child.type == "softbreak":
                self.insert(" ", formats[-1])
            elif child.type == "hardbreak":
                self.insert("\u2028", formats[-1])
            elif child.type == "image":
                words = QCoreApplication.translate("Markdown", "[picture not loaded: {description}]")
                self.insert(words.format(description=child.content or child.attrs.get("src", "")), formats[-1])
            else:
                content, at = child.content, text.locate(child.content)
                if child.type == "code_inline":
                    sentences.insert(content, at, self._code_format(formats[-1]))
                    continue
                if self._lists and self._cursor.atBlockStart() and content[:4] in _TASKS:
                    self.insert(_TASKS[content[:4]], formats[-1])
                    content, at = content[4:], at + 4
                sentences.insert(content, at, formats[-1])

    def insert(self, text: str, form: QTextCharFormat) -> None:
        """Add text where the cursor stands."""
        self._cursor.insertText(text, form)

    def _styled(self, base: QTextCharFormat, token: Token) -> QTextCharFormat:
        form = QTextCharFormat(base)
        match token.type:
            case "strong_open":
                form.setFontWeight(QFont.Weight.Bold)
            case "em_open":
                form.setFontItalic(True)
            case "s_open":
                form.setFontStrikeOut(True)
            case "link_open":
                address = str(token.attrs.get("href", ""))
                if is_web_address(address):
                    form.setAnchor(True)
                    form.setAnchorHref(address)
                    form.setToolTip(address)
                    form.setForeground(QColor(self._colors.accent))
                    form.setFontUnderline(True)
        return form

    def _code_format(self, base: QTextCharFormat) -> QTextCharFormat:
        form = QTextCharFormat(base)
        form.setFontFamilies(mono_font().families())
        form.setProperty(QTextFormat.Property.FontPixelSize, 13)
        form.setBackground(QColor(self._colors.hover if base.isAnchor() else self._colors.sunken))
        return form

    # -- marks ----------------------------------------------------------------------------------------------------

    def marked(self, base: QTextCharFormat, mark: Mark) -> QTextCharFormat:
        """How the text of a sentence looks."""
        if mark.support != "unsupported":
            return base
        form = QTextCharFormat(base)
        form.setForeground(QColor(self._colors.muted))
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        form.setUnderlineColor(QColor(self._colors.warn))
        form.setToolTip(QCoreApplication.translate("Marks", "No support found in the passages"))
        return form

    def close_mark(self, mark: Mark) -> None:
        """Put behind a sentence what was found for it: numbers, or the words that nothing was."""
        form = QTextCharFormat(self._plain)
        form.setProperty(QTextFormat.Property.FontPixelSize, 11)
        if mark.support == "unsupported":
            if mark.closing:
                form.setForeground(QColor(self._colors.warn))
                form.setToolTip(QCoreApplication.translate("Marks", "No support found in the passages"))
                self.insert("\u00a0", form)
                words = QCoreApplication.translate("Marks", "[no support found]")
                self.insert(words.replace(" ", "\u00a0"), form)
            return
        partly = mark.support == "partial"
        for citation in mark.citations:
            form.setAnchor(False)
            self.insert("\u2009", form)
            link = QTextCharFormat(form)
            link.setAnchor(True)
            link.setAnchorHref(f"{CITE}{citation.passage}:{citation.start}:{citation.end}")
            link.setForeground(QColor(self._colors.accent))
            link.setFontWeight(QFont.Weight.DemiBold)
            words = (
                QCoreApplication.translate("Marks", "Partly supported by source {number}: show it")
                if partly
                else QCoreApplication.translate("Marks", "Supported by source {number}: show it")
            )
            link.setToolTip(words.format(number=citation.passage))
            self.insert(f"[{citation.passage}]", link)


class _Source:
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


class _Sentences:
    """Splits text at the borders of marked sentences. A sentence may begin and end inside of any markup."""

    def __init__(self, renderer: MarkdownRenderer, marks: Sequence[Mark]) -> None:
        self._renderer = renderer
        self._marks = list(marks)
        self._next = 0

    def insert(self, content: str, at: int, form: QTextCharFormat) -> None:
        while content:
            mark = self._marks[self._next] if self._next < len(self._marks) else None
            if mark is None or at + len(content) <= mark.start:
                self._renderer.insert(content, form)
                return
            if at >= mark.end:
                self._close(mark)
                continue
            inside = at >= mark.start
            cut = min(len(content), (mark.end if inside else mark.start) - at)
            self._renderer.insert(content[:cut], self._renderer.marked(form, mark) if inside else form)
            content, at = content[cut:], at + cut
            if at >= mark.end:
                self._close(mark)

    def leave(self, end: int) -> None:
        """A paragraph ends: so do the sentences that do."""
        while self._next < len(self._marks) and self._marks[self._next].end <= end:
            self._close(self._marks[self._next])

    def _close(self, mark: Mark) -> None:
        self._renderer.close_mark(mark)
        self._next += 1
