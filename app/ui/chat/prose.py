"""Text that is as high as what it says: the widget under every message, table and quotation.

A QTextBrowser without its own scrolling or loading. It asks for nothing: ``loadResource`` refuses pictures, files and
style sheets whatever the text names (a ``file:`` picture on a FIFO would freeze the window).
"""

from __future__ import annotations

import math

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QTextTable, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from app.ui.chat.addresses import citation_of, is_web_address
from app.ui.chat.formats import QUOTE_DEPTH
from app.ui.theme import Theme, room_px

LEAST_COLUMN = 112
"""The width of a table's column that holds most words, in pixels."""


class TextView(QTextBrowser):
    """Selectable text, sized to its content. ``wide``: scrolls sideways when it must (tables)."""

    link_clicked = Signal(str)
    """A web address that was clicked; nothing else is ever emitted here."""
    citation_clicked = Signal(int, int, int)
    """Passage number, start and end in its file."""

    def __init__(self, theme: Theme, name: str = "", *, wide: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._wide = wide
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Table") if wide else self.tr("Text"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setHorizontalScrollBarPolicy(needed if wide else off)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(22)
        self.viewport().setAutoFillBackground(False)
        self.anchorClicked.connect(self._clicked)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def loadResource(self, kind: int, url: QUrl | str) -> QByteArray:
        """Nothing is ever loaded. Not None: for that, Qt would read a local file itself."""
        return QByteArray(b"")

    def delete_from(self, position: int) -> None:
        """Remove everything behind ``position``, the paragraph's end there included."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()

    def text_end(self) -> int:
        """The position behind the last character."""
        return self.document().characterCount() - 1

    def links_by_keyboard(self) -> None:
        """Let Tab reach the links in here; text without links is left out of the tab order."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Up and down belong to the conversation around it.
        if self._wide and abs(event.angleDelta().x()) > abs(event.angleDelta().y()):
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._paint_quote_bars(event)
        super().paintEvent(event)

    def _paint_quote_bars(self, event: QPaintEvent) -> None:
        layout = self.document().documentLayout()
        painter: QPainter | None = None
        block = self.document().begin()
        while block.isValid():
            depth = block.blockFormat().intProperty(QUOTE_DEPTH)
            if depth:
                if painter is None:
                    painter = QPainter(self.viewport())
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(self._theme.colors.line_strong))
                area = layout.blockBoundingRect(block)
                for level in range(depth):
                    painter.drawRoundedRect(level * 16 + 1, int(area.top()), 3, math.ceil(area.height()), 1.5, 1.5)
            block = block.next()
        if painter is not None:
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._wide:
            self._widen_columns()
        super().resizeEvent(event)

    def _widen_columns(self) -> None:
        """A table of many columns is scrolled: squeezed into the view, its words would break within."""
        columns = max(
            (f.columns() for f in self.document().rootFrame().childFrames() if isinstance(f, QTextTable)), default=0
        )
        width = max(self.viewport().width(), columns * room_px(LEAST_COLUMN))
        self.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
        if width != self.lineWrapColumnOrWidth():
            self.moveCursor(QTextCursor.MoveOperation.Start)  # else the view scrolls to what was written last
            self.setLineWrapColumnOrWidth(width)

    def _fit(self) -> None:
        if self._wide:
            self._widen_columns()
        size = self.document().documentLayout().documentSize()
        bar = self.horizontalScrollBar()
        extra = bar.sizeHint().height() if self._wide and size.width() > self.viewport().width() + 1 else 0
        height = math.ceil(size.height()) + extra
        if height != self.height():
            self.setFixedHeight(height)

    def _clicked(self, url: QUrl) -> None:
        address = url.toString()
        citation = citation_of(address)
        if citation is not None:
            self.citation_clicked.emit(*citation)
        elif is_web_address(address):
            self.link_clicked.emit(address)
