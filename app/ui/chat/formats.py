"""How Markdown looks: the formats of paragraphs, lists, tables, code and marked sentences, in a theme's colours."""

from __future__ import annotations

from markdown_it.token import Token
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextListFormat,
    QTextTableCellFormat,
    QTextTableFormat,
)

from app.chat.sources import Citation
from app.ui import tokens
from app.ui.chat.addresses import citation_address, is_web_address
from app.ui.chat.marks import Mark
from app.ui.theme import font_px, mono_font
from app.ui.tokens import Colors

QUOTE_DEPTH = QTextFormat.Property.UserProperty + 1
"""On a block: how many quote bars stand at its left."""

LINE_HEIGHT = 150.0
TIGHT_LINE_HEIGHT = 130.0
PARAGRAPH_GAP = 10
_HEADINGS = {"h1": 20, "h2": 18, "h3": 16}
_ALIGNMENTS = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
}
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


class Formats:
    """Makes the formats that :class:`app.ui.chat.render.MarkdownRenderer` writes with."""

    def __init__(self, colors: Colors) -> None:
        self._colors = colors
        self.plain = QTextCharFormat()
        self.plain.setForeground(QColor(colors.text))

    # -- paragraphs -----------------------------------------------------------------------------------------------

    def block(self, gap: int, quotes: int = 0, indent: int = 0) -> QTextBlockFormat:
        """A paragraph with ``gap`` pixels below it, inside so many quotations and steps of indentation."""
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, _PROPORTIONAL)
        form.setBottomMargin(gap)
        if quotes:
            form.setProperty(QUOTE_DEPTH, quotes)
            form.setLeftMargin(16 * quotes)
        form.setIndent(indent)
        return form

    def heading(self, tag: str, block: QTextBlockFormat, *, first: bool) -> QTextCharFormat:
        """The characters of a heading (``tag``: h1 to h6); its paragraph is changed to suit."""
        block.setHeadingLevel(int(tag[1]))
        block.setLineHeight(TIGHT_LINE_HEIGHT, _PROPORTIONAL)
        if not first:
            block.setTopMargin(12)
        char = QTextCharFormat(self.plain)
        char.setFontWeight(QFont.Weight.Bold)
        char.setProperty(QTextFormat.Property.FontPixelSize, font_px(_HEADINGS.get(tag, tokens.FONT_BODY)))
        return char

    def rule(self, block: QTextBlockFormat) -> QTextBlockFormat:
        """A line across the column."""
        block.setProperty(
            QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
            QTextLength(QTextLength.Type.PercentageLength, 100),
        )
        block.setProperty(QTextFormat.Property.BackgroundBrush, QBrush(QColor(self._colors.line_strong)))
        return block

    def code_line(self, block: QTextBlockFormat) -> QTextBlockFormat:
        """A line of code inside of a quotation or a list."""
        block.setBackground(QColor(self._colors.sunken))
        return block

    def list_format(self, token: Token, depth: int, indent: int) -> QTextListFormat:
        """A list, ``depth`` lists deep."""
        form = QTextListFormat()
        form.setIndent(depth + indent)
        if token.type == "ordered_list_open":
            form.setStyle(QTextListFormat.Style.ListDecimal)
            form.setStart(int(token.attrs.get("start", 1)))
        else:
            form.setStyle(QTextListFormat.Style.ListDisc if depth % 2 else QTextListFormat.Style.ListCircle)
        return form

    # -- tables ---------------------------------------------------------------------------------------------------

    def table(self) -> QTextTableFormat:
        """A table with hairlines and a head."""
        form = QTextTableFormat()
        form.setBorder(1)
        form.setBorderBrush(QColor(self._colors.line))
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderCollapse(True)
        form.setCellPadding(7)
        form.setCellSpacing(0)
        form.setBottomMargin(PARAGRAPH_GAP)
        form.setHeaderRowCount(1)
        return form

    def head_cell(self) -> tuple[QTextTableCellFormat, QTextCharFormat]:
        """The ground and the characters of a cell in the table's head."""
        ground = QTextTableCellFormat()
        ground.setBackground(QColor(self._colors.sunken))
        char = QTextCharFormat(self.plain)
        char.setFontWeight(QFont.Weight.Bold)
        return ground, char

    def cell_block(self, token: Token) -> QTextBlockFormat:
        """A cell's paragraph, aligned as its column."""
        block = QTextBlockFormat()
        block.setAlignment(_ALIGNMENTS.get(str(token.attrs.get("style", "")), Qt.AlignmentFlag.AlignLeft))
        block.setLineHeight(TIGHT_LINE_HEIGHT, _PROPORTIONAL)
        return block

    # -- characters -----------------------------------------------------------------------------------------------

    def styled(self, base: QTextCharFormat, token: Token) -> QTextCharFormat:
        """``base`` with what a token that opens a style or a link adds to it."""
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

    def code(self, base: QTextCharFormat) -> QTextCharFormat:
        """Code in a line."""
        form = QTextCharFormat(base)
        form.setFontFamilies(mono_font().families())
        form.setProperty(QTextFormat.Property.FontPixelSize, mono_font().pixelSize())
        form.setBackground(QColor(self._colors.hover if base.isAnchor() else self._colors.sunken))
        return form

    # -- marked sentences -----------------------------------------------------------------------------------------

    def marked(self, base: QTextCharFormat, mark: Mark) -> QTextCharFormat:
        """How the text of a sentence looks."""
        if mark.support not in ("unsupported", "partial"):
            return base
        form = QTextCharFormat(base)
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        form.setUnderlineColor(QColor(self._colors.warn))
        if mark.support == "partial":
            form.setToolTip(QCoreApplication.translate("Marks", "The source does not say all of this"))
            return form
        form.setForeground(QColor(self._colors.muted))
        form.setToolTip(QCoreApplication.translate("Marks", "No support found in the passages"))
        return form

    def mark_words(self, mark: Mark) -> list[tuple[str, QTextCharFormat]]:
        """What is put behind a sentence: numbers of its sources, or the words that none was found."""
        form = QTextCharFormat(self.plain)
        form.setProperty(QTextFormat.Property.FontPixelSize, font_px(tokens.FONT_TINY))
        if mark.support == "unsupported":
            if not mark.closing:
                return []
            form.setForeground(QColor(self._colors.warn))
            form.setToolTip(QCoreApplication.translate("Marks", "No support found in the passages"))
            words = QCoreApplication.translate("Marks", "[no support found]")
            return [("\u00a0" + words.replace(" ", "\u00a0"), form)]
        made = []
        for citation in mark.citations:
            doubt = "?" if mark.support == "partial" else ""
            made += [("\u2009", form), (f"[{citation.passage}{doubt}]", self._citation(form, citation, mark))]
        return made

    def _citation(self, base: QTextCharFormat, citation: Citation, mark: Mark) -> QTextCharFormat:
        link = QTextCharFormat(base)
        link.setAnchor(True)
        link.setAnchorHref(citation_address(citation.passage, citation.start, citation.end))
        link.setForeground(QColor(self._colors.warn if mark.support == "partial" else self._colors.accent))
        link.setFontWeight(QFont.Weight.DemiBold)
        words = (
            QCoreApplication.translate("Marks", "Source {number} does not say all of this: compare")
            if mark.support == "partial"
            else QCoreApplication.translate("Marks", "Supported by source {number}: show it")
        )
        link.setToolTip(words.format(number=citation.passage))
        return link
