"""A code block: its language, a Copy button, the code in colours, scrolling sideways."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy

from app.ui.chat.syntax import CodeColors, has_lexer
from app.ui.theme import Theme, mono_font
from app.ui.widgets.basic import button, column, label, row

COPIED_MS = 1600
LINES_SHOWN = 400
LINE_LIMIT = 4_000
"""Characters of a line that are drawn; the rest is folded into more lines."""
LEX_WHILE_OPEN = 3_000


class CodeText(QPlainTextEdit):
    """The code itself: read-only, not wrapped, as high as its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "code")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFont(mono_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTabStopDistance(QFontMetricsF(self.font()).horizontalAdvance(" ") * 4)
        self.document().setDocumentMargin(0)
        self.horizontalScrollBar().rangeChanged.connect(self.fit)

    def fit(self, *_: int) -> None:
        """Be as high as the lines and, when there is one, the bar below them."""
        spacing = QFontMetricsF(self.font()).lineSpacing()
        bar = self.horizontalScrollBar()
        extra = bar.sizeHint().height() if bar.maximum() > 0 else 0
        height = round(spacing * self.blockCount()) + extra + 4
        if height != self.height():
            self.setFixedHeight(height)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if abs(event.angleDelta().x()) > abs(event.angleDelta().y()):
            super().wheelEvent(event)
        else:
            event.ignore()


class CodeBlock(QFrame):
    """See the module. ``name`` is its object name; the Copy button's is ``<name>.copy``."""

    def __init__(self, theme: Theme, language: str, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "well")
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.language = language
        self._code = ""
        self._shown = ""
        self._all = False
        self.text = CodeText()
        self.text.setObjectName(f"{name}.text")
        self.text.setAccessibleName(
            self.tr("Code in {language}").format(language=language) if language else self.tr("Code")
        )
        self._colors = CodeColors(self.text.document(), theme)
        self._label = label(language or self.tr("code"), "small")
        self._copy = button(self.tr("Copy"), f"{name}.copy", self._copy_code, "quiet", self.tr("Copy the code"))
        self._more = button("", f"{name}.more", self._show_all, "link")
        self._more.hide()
        self._back = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._back.timeout.connect(lambda: self._copy.setText(self.tr("Copy")))
        head = row(self._label)
        head.addStretch()
        head.addWidget(self._copy)
        head.setContentsMargins(12, 4, 6, 0)
        body = column(self.text, self._more, spacing=2)
        body.setContentsMargins(12, 2, 12, 10)
        whole = column(parent=self, spacing=0)
        whole.addLayout(head)
        whole.addLayout(body)

    @property
    def code(self) -> str:
        """The code exactly as it was written: what Copy puts on the clipboard."""
        return self._code

    @property
    def coloring(self) -> bool:
        """Whether colours are still being put on."""
        return self._colors.busy

    def set_language(self, language: str) -> None:
        """Name the language; it may still be growing while the answer streams."""
        if language != self.language:
            self.language = language
            self._label.setText(language or self.tr("code"))

    def set_code(self, code: str, *, closed: bool) -> None:
        """Show ``code``; what is there already stays, so that a streaming block costs only its new text."""
        self._code = code
        shown = code if self._all else _first_lines(code)
        shown = _fold(shown)
        if shown.startswith(self._shown) and self._shown:
            cursor = QTextCursor(self.text.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(shown[len(self._shown) :])
        elif shown != self._shown:
            self.text.setPlainText(shown)
        if shown != self._shown or closed:
            self._shown = shown
            if has_lexer(self.language) and (closed or (len(shown) < LEX_WHILE_OPEN and not self._colors.busy)):
                self._colors.lex(shown, self.language)
        hidden = not self._all and len(shown) < len(code)
        self._more.setVisible(hidden)
        if hidden:
            self._more.setText(self.tr("Show all %n line(s)", "", code.count("\n") + 1))
        self.text.fit()

    def _show_all(self) -> None:
        self._all = True
        self.set_code(self._code, closed=True)

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self._code)
        self._copy.setText(self.tr("Copied"))
        self._back.start()


def _first_lines(code: str) -> str:
    at = -1
    for _ in range(LINES_SHOWN):
        at = code.find("\n", at + 1)
        if at < 0:
            return code[: LINES_SHOWN * 200]
    return code[: min(at, LINES_SHOWN * 200)]


def _fold(code: str) -> str:
    if len(code) <= LINE_LIMIT:
        return code
    lines = (
        line
        if len(line) <= LINE_LIMIT
        else "\n".join(line[i : i + LINE_LIMIT] for i in range(0, len(line), LINE_LIMIT))
        for line in code.split("\n")
    )
    return "\n".join(lines)
