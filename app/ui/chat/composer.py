"""Where the question is typed: grows with it, sends on Enter, and stops a reply."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, IconButton, column, frame, label, restyle, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.words import number

MOST_LINES = 8
REST_MS = 800
LONG_PASTE = 20_000
"""Characters from which pasted text is kept beside the input instead of in it: Qt lays long lines out too slowly."""


class Input(QPlainTextEdit):
    """The text field: 1 to 8 lines high. Enter sends, Shift+Enter makes a line."""

    submitted = Signal()
    long_paste = Signal(str)
    focused = Signal(bool)
    escaped = Signal()
    """Esc was pressed while ``takes_escape``; else Esc is the window's."""

    def __init__(self) -> None:
        super().__init__()
        self.takes_escape = False
        self.setObjectName("composer.input")
        self.setAccessibleName(self.tr("Your message"))
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if (
            self.takes_escape
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.takes_escape and event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            self.submitted.emit()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) > LONG_PASTE:
            self.long_paste.emit(text)
        elif source.hasText():
            self.insertPlainText(text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def _fit(self) -> None:
        lines = max(1, min(MOST_LINES, math.ceil(self.document().size().height())))
        height = math.ceil(QFontMetricsF(self.font()).lineSpacing() * lines) + 14
        needed = self.document().size().height() > MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if needed else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if height != self.height():
            self.setFixedHeight(height)


class Composer(QWidget):
    """See the module."""

    sent = Signal(str)
    edited = Signal(int, str)
    """An earlier question in other words: the message's id and the new text."""
    drafted = Signal()
    """What is typed has changed and rests now."""
    stop_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composer")
        self._pasted = ""
        self._editing: int | None = None
        """The message that is being edited; what was typed before is kept meanwhile."""
        self._kept = ""
        self._busy = False
        self._blocked = ""
        self._hint = ""
        self.input = Input()
        self.input.setPlaceholderText(self.tr("Ask something"))
        self.input.submitted.connect(self._submit)
        self.input.long_paste.connect(self._keep_paste)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.drafted)
        self.input.textChanged.connect(self._refresh)
        self.input.textChanged.connect(lambda: self._rest.start())
        self.send = IconButton(
            theme, "arrow-up", self.tr("Send (Enter)"), "composer.send", self._clicked, size=18, role="on_accent"
        )
        self.send.setProperty("kind", "primary")
        self.send.setFixedSize(34, 34)
        self._paste_label = ElidedLabel("", "small", "composer.pasted")
        self._paste_drop = IconButton(
            theme, "x", self.tr("Remove the pasted text"), "composer.pasted.remove", self._drop_paste, size=13
        )
        self._paste = frame("well")
        kept = row(self._paste_label, self._paste_drop, parent=self._paste, spacing=6)
        kept.setContentsMargins(10, 3, 6, 3)
        self._paste.hide()
        self.input.escaped.connect(self.stop_editing)
        self._edit = frame("well", "composer.editing")
        words = label(self.tr("Editing your question. The old one stays as a version."), "small", wrap=True)
        cancel = IconButton(
            theme, "x", self.tr("Stop editing (Esc)"), "composer.editing.cancel", self.stop_editing, size=13
        )
        editing = row(Icon(theme, "pencil", "muted", 14), words, cancel, parent=self._edit, spacing=8)
        editing.setStretch(1, 1)
        editing.setContentsMargins(10, 3, 6, 3)
        self._edit.hide()
        self.hint = label("", "small", wrap=True, name="composer.hint")
        box = frame("composer", "composer.box")
        self.input.focused.connect(lambda focused: restyle(box, state="focus" if focused else ""))
        line = row(self.input, self.send, spacing=6)
        line.setAlignment(self.send, Qt.AlignmentFlag.AlignBottom)
        inside = column(self._edit, self._paste, parent=box, spacing=4)
        inside.setContentsMargins(10, 6, 7, 6)
        inside.addLayout(line)
        column(box, self.hint, parent=self, spacing=6)
        self._refresh()

    # -- what it holds ----------------------------------------------------------------------------------------------

    @property
    def draft(self) -> str:
        """What is kept for later: all that would be sent, or while a question is edited, what stood here before."""
        return self._kept if self._editing is not None else self._typed

    @property
    def _typed(self) -> str:
        return "\n\n".join(part for part in (self.input.toPlainText().strip(), self._pasted) if part)

    def set_draft(self, text: str) -> None:
        """Put a text in; a very long one is kept beside the input."""
        self._set_paste(text if len(text) > LONG_PASTE else "")
        self.input.setPlainText("" if len(text) > LONG_PASTE else text)
        cursor = self.input.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.input.setTextCursor(cursor)

    def edit(self, message_id: int, text: str) -> None:
        """Let the person change a question that was sent."""
        if self._editing is None:
            self._kept = self.draft
        self._editing = message_id
        self._edit.show()
        self.input.takes_escape = True
        self.set_draft(text)
        self.input.setFocus()

    def stop_editing(self) -> None:
        """Go back to what stood here before."""
        if self._editing is None:
            return
        self._editing, kept, self._kept = None, self._kept, ""
        self._edit.hide()
        self.input.takes_escape = False
        self.set_draft(kept)

    def set_busy(self, busy: bool) -> None:
        """A reply is being written: the button stops it."""
        self._busy = busy
        self.send.set_icon("stop" if busy else "arrow-up", self.tr("Stop (Esc)") if busy else self.tr("Send (Enter)"))
        self._refresh()

    def set_blocked(self, reason: str) -> None:
        """Why nothing can be sent now, in words; empty: it can."""
        self._blocked = reason
        self._refresh()

    def set_hint(self, text: str) -> None:
        """Something to know that does not keep anybody from sending."""
        self._hint = text
        self._refresh()

    def set_placeholder(self, text: str) -> None:
        """What the empty field says."""
        self.input.setPlaceholderText(text)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        empty = not self._pasted and self.input.document().isEmpty()
        self.send.setEnabled(self._busy or (not empty and not self._blocked))
        said = self._blocked or self._hint
        self.hint.setText(said)
        self.hint.setVisible(bool(said))

    def _clicked(self) -> None:
        if self._busy:
            self.stop_requested.emit()
        else:
            self._submit()

    def _submit(self) -> None:
        text, editing = self._typed, self._editing
        if not text or self._busy or self._blocked:
            return
        if editing is not None:
            self.stop_editing()
            self.edited.emit(editing, text)
        else:
            self.set_draft("")
            self.sent.emit(text)

    def _keep_paste(self, text: str) -> None:
        self._set_paste("\n\n".join(part for part in (self._pasted, text) if part))

    def _drop_paste(self) -> None:
        self._set_paste("")
        self.input.setFocus()

    def _set_paste(self, text: str) -> None:
        self._pasted = text
        words = self.tr("Pasted text, {count} characters: {start}")
        self._paste_label.setText(words.format(count=number(len(text)), start=" ".join(text[:200].split())))
        self._paste.setVisible(bool(text))
        self._refresh()
