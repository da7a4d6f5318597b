"""At the right: a source opened at the cited span, as text or as the page itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QButtonGroup, QFrame, QPlainTextEdit, QScrollArea, QStackedWidget, QTextEdit, QWidget

from app.core.errors import SatchelError
from app.knowledge.protocol import Source
from app.ui.chat.copy_button import CopyButton
from app.ui.chat.intents import SourceSpan
from app.ui.chat.page_image import PageView
from app.ui.chat.reflow import reflow
from app.ui.chat.syntax import utf16_length
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, IconButton, button, column, frame, label, line, restyle, row
from app.ui.widgets.elided import ElidedButton, ElidedLabel
from app.ui.widgets.words import short_path

ZOOMS = (1.0, 1.25, 1.5, 2.0, 3.0)
"""Times the width of the pane: an A4 page in a pane of 400 pixels has letters of 6."""


class SourcePane(QWidget):
    """See the module. ``closed``: the person wants it gone."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._source: Source | None = None
        self._zoom = 0
        self.setObjectName("source")
        self.setAccessibleName(self.tr("Source"))
        self.setMinimumWidth(280)
        pane = frame("pane")
        column(pane, parent=self)
        inside = column(parent=pane, spacing=10)
        inside.setContentsMargins(18, 12, 14, 14)
        self._make_head()
        inside.addLayout(self._head)
        inside.addLayout(self._where)
        inside.addLayout(self._actions)
        inside.addWidget(self._changed)
        inside.addWidget(line())
        inside.addWidget(self._make_body(), 1)
        theme.changed.connect(self._highlight)

    # -- what it shows ----------------------------------------------------------------------------------------------

    def show_loading(self, span: SourceSpan) -> None:
        """A source is being read."""
        self._source = None
        self._title.setText(span.title)
        self._path.setText("")
        self._heading.setText("")
        self._set_tools(shown=False)
        self._changed.hide()
        self._say(self.tr("Opening the source…"), "clock", "muted")

    def show_error(self, error: SatchelError) -> None:
        """It cannot be shown: what happened, why, what next."""
        self._say(str(error), "circle-alert", "bad")

    def show_source(self, source: Source) -> None:
        """Show it, scrolled to the cited span; a page with a picture as the page."""
        self._source = source
        self._title.setText(source.title or Path(source.path).name)
        self._path.setText(short_path(source.path))
        self._copy.text_to_copy = source.path
        where = []
        if source.page is not None and source.pages:
            where.append(self.tr("Page {page} of {pages}").format(page=source.page, pages=source.pages))
        elif source.page is not None:
            where.append(self.tr("Page {page}").format(page=source.page))
        if source.heading:
            where.append(source.heading)
        self._heading.setText("  ·  ".join(where))
        self._heading.setVisible(bool(where))
        self._set_tools(shown=True)
        self._changed.setVisible(source.changed)
        self.text.setPlainText(reflow(source.text, source.path))
        self._highlight()
        has_page = source.image is not None and self.page.show_image(source.image)
        self._as_page.setVisible(has_page)
        self._as_text.setVisible(has_page)
        (self._as_page if has_page else self._as_text).setChecked(True)
        self._show_form(page=has_page)

    def cited_text(self) -> str:
        """The span that is highlighted in the text."""
        selections = self.text.extraSelections()
        return selections[0].cursor.selectedText().replace("\u2029", "\n") if selections else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _make_head(self) -> None:
        theme = self._theme
        self._title = ElidedLabel("", "heading", "source.title")
        close = IconButton(theme, "x", self.tr("Close the source (Esc)"), "source.close", self.closed.emit)
        self._head = row(self._title, close)
        self._head.setStretch(0, 1)
        self._path = ElidedLabel("", "small", "source.path", Qt.TextElideMode.ElideMiddle)
        self._copy = CopyButton(theme, self.tr("Copy the path"), "source.path.copy")
        self._heading = ElidedLabel("", "small", "source.place")
        path = row(self._path, self._copy, spacing=2)
        path.setStretch(0, 1)
        self._where = column(spacing=0)
        self._where.addLayout(path)
        self._open = _elided(self.tr("Open file"), "source.open", self._open_file)
        self._folder = _elided(self.tr("Show in folder"), "source.folder", self._open_folder, "quiet")
        self._as_page = button(self.tr("Page"), "source.as_page", lambda: self._show_form(page=True), "segment")
        self._as_text = button(self.tr("Text"), "source.as_text", lambda: self._show_form(page=False), "segment")
        forms = QButtonGroup(self)
        for choice in (self._as_page, self._as_text):
            choice.setCheckable(True)
            forms.addButton(choice)
        self._smaller = IconButton(
            theme, "minus", self.tr("Show the page smaller (Ctrl+−)"), "source.smaller", lambda: self._zoom_by(-1)
        )
        self._larger = IconButton(
            theme, "plus", self.tr("Show the page larger (Ctrl++)"), "source.larger", lambda: self._zoom_by(1)
        )
        for made, keys in ((self._smaller, ("Ctrl+-",)), (self._larger, ("Ctrl++", "Ctrl+="))):
            for key in keys:
                shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(made.click)
        place = row(self._heading, self._smaller, self._larger, self._as_page, self._as_text, spacing=6)
        place.setStretch(0, 1)
        self._where.addLayout(place)
        self._actions = row(self._open, self._folder, spacing=6)
        self._actions.addStretch()
        self._changed = frame("notice", "source.changed")
        restyle(self._changed, state="warning")
        words = label(
            self.tr(
                "This file has changed since it was indexed. You see the text as it was then; it is being read again."
            ),
            "",
            wrap=True,
        )
        said = row(Icon(theme, "triangle-alert", "warn", 16), words, parent=self._changed)
        said.setStretch(1, 1)
        said.setContentsMargins(12, 8, 12, 8)

    def _make_body(self) -> QStackedWidget:
        self.text = QPlainTextEdit()
        self.text.setObjectName("source.text")
        self.text.setAccessibleName(self.tr("The source's text, the cited passage highlighted"))
        self.text.setProperty("kind", "code")
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setTabChangesFocus(True)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.page = PageView()
        self._pages = QScrollArea()
        self._pages.setProperty("kind", "reading")
        self._pages.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._pages.setObjectName("source.pages")
        self._pages.setWidgetResizable(True)
        holder = QWidget()
        holder.setProperty("kind", "page")
        inner = column(self.page, parent=holder)
        inner.addStretch()
        self._pages.setWidget(holder)
        self._pages.viewport().installEventFilter(self)
        message = QWidget()
        self._message_icon = Icon(self._theme, "clock", "muted", 22)
        self._message = label("", "muted", wrap=True, selectable=True, name="source.message")
        self._message.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._message_icon.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = column(parent=message, spacing=10)
        words.addStretch(1)
        words.addWidget(self._message_icon)
        words.addWidget(self._message)
        words.addStretch(2)
        self._body = QStackedWidget()
        for widget in (message, self.text, self._pages):
            self._body.addWidget(widget)
        return self._body

    def _say(self, text: str, icon: str, role: str) -> None:
        self._message.setText(text)
        self._message_icon.set_icon(icon, role)
        self._body.setCurrentIndex(0)

    def _set_tools(self, *, shown: bool) -> None:
        for widget in (self._copy, self._open, self._folder, self._as_page, self._as_text):
            widget.setVisible(shown)
        if not shown:
            self._smaller.hide()
            self._larger.hide()

    def _zoom_by(self, steps: int) -> None:
        if self._body.currentWidget() is not self._pages:  # the keys are there for the text, too
            return
        self._zoom = min(max(self._zoom + steps, 0), len(ZOOMS) - 1)
        self._fit_page()
        QTimer.singleShot(0, self, self._scroll_to_mark)

    def _fit_page(self) -> None:
        """As wide as the pane, times the zoom."""
        self.page.setMinimumWidth(round(self._pages.viewport().width() * ZOOMS[self._zoom]) if self._zoom else 0)
        self._smaller.setEnabled(self._zoom > 0)
        self._larger.setEnabled(self._zoom < len(ZOOMS) - 1)

    def _show_form(self, *, page: bool) -> None:
        self._body.setCurrentWidget(self._pages if page else self.text)
        self._smaller.setVisible(page)
        self._larger.setVisible(page)
        self._fit_page()
        # After the layout, when sizes are known.
        QTimer.singleShot(0, self, self._scroll_to_mark)

    def _scroll_to_mark(self) -> None:
        if self._body.currentWidget() is self.text:
            selections = self.text.extraSelections()
            if selections:
                at = QTextCursor(selections[0].cursor)
                at.setPosition(at.selectionStart())
                self.text.setTextCursor(at)
                self.text.centerCursor()
            return
        mark = self.page.first_mark()
        if mark is not None:
            view = self._pages.viewport()
            self._pages.verticalScrollBar().setValue(int(mark.center().y()) - view.height() // 2)
            self._pages.horizontalScrollBar().setValue(int(mark.center().x()) - view.width() // 2)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._body.currentWidget() is self._pages:
            self._fit_page()
            QTimer.singleShot(0, self, self._scroll_to_mark)
        return False

    def _highlight(self) -> None:
        source = self._source
        if source is None:
            return
        first = max(0, source.span_start - source.text_start)
        last = max(first, source.span_end - source.text_start)
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(utf16_length(source.text[:first]))
        cursor.setPosition(utf16_length(source.text[:last]), QTextCursor.MoveMode.KeepAnchor)
        form = QTextCharFormat()
        form.setBackground(QColor(self._theme.colors.mark))
        form.setForeground(QColor(self._theme.colors.text))
        selection = QTextEdit.ExtraSelection()
        selection.cursor, selection.format = cursor, form
        self.text.setExtraSelections([selection])

    def _open_file(self) -> None:
        if self._source is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._source.path))

    def _open_folder(self) -> None:
        if self._source is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._source.path).parent)))


def _elided(words: str, name: str, clicked: Callable[[], None], kind: str = "") -> ElidedButton:
    made = ElidedButton(name, kind)
    made.setText(words)
    made.setAccessibleName(words)
    made.setToolTip(words)
    made.clicked.connect(clicked)
    return made
