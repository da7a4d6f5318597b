"""A message of the person: a bubble at the right, exactly as written, no Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.chat.transcript import Message
from app.ui.chat.copy_button import CopyButton
from app.ui.chat.intents import Intents
from app.ui.chat.plain import SHOWN, PlainBlock
from app.ui.chat.versions import VersionSwitch
from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, column, frame

BUBBLE_SHARE = 0.85
_PADDING = 28


class UserMessage(QWidget):
    """See the module. Its buttons are seen while the pointer or the keyboard's focus is on the message."""

    def __init__(self, theme: Theme, message: Message, intents: Intents) -> None:
        super().__init__()
        self.message = message
        name = f"message.{message.id}"
        self.setObjectName(name)
        self.setAccessibleName(self.tr("You: {text}").format(text=message.text[:SHOWN]))
        self._bubble = frame("bubble", f"{name}.bubble")
        self.body = PlainBlock(theme, f"{name}.text")
        inside = column(self.body, parent=self._bubble)
        inside.setContentsMargins(_PADDING // 2, 11, _PADDING // 2, 6)
        self.copy = _ShyCopy(theme, self.tr("Copy your message"), f"{name}.copy")
        self.copy.text_to_copy = message.text
        self.edit = _ShyButton(
            theme,
            "pencil",
            self.tr("Edit your question"),
            f"{name}.edit",
            lambda: intents.edit_requested.emit(message.id, message.text),
            size=15,
        )
        self.edit.hide()
        self.versions = VersionSwitch(theme, intents, message.id, f"{name}.versions")
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addStretch(1)
        for button in (self.copy, self.edit):
            button.setProperty("kind", "inline")
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addSpacing(4)
        line.addWidget(self._bubble, 1000)  # as wide as it may be; a fixed width would keep the window from shrinking
        whole = column(parent=self, spacing=4)
        whole.addLayout(line)
        whole.addWidget(self.versions, 0, Qt.AlignmentFlag.AlignRight)
        self.body.set_text(message.text)

    def set_last(self, last: bool) -> None:
        """Only the last question can be edited."""
        self.edit.setVisible(last)

    def set_versions(self, ids: Sequence[int]) -> None:
        """The versions of this question, oldest first."""
        self.versions.show_versions(ids)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_buttons()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.copy.update()
        self.edit.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        document = self.body.view.document()
        widest = max(120, int(event.size().width() * BUBBLE_SHARE))
        probe = document.clone()
        probe.setTextWidth(-1)
        width = min(widest, int(probe.idealWidth()) + 2 + _PADDING)
        self._bubble.setMaximumWidth(widest if len(self.message.text) > SHOWN else max(width, 44))
        super().resizeEvent(event)


def _is_wanted(button: QWidget) -> bool:
    parent = button.parentWidget()
    return button.hasFocus() or (parent is not None and parent.underMouse())


class _ShyButton(IconButton):
    """Drawn only when it is wanted. Not hidden otherwise: the keyboard and screen readers must find it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if _is_wanted(self):
            super().paintEvent(event)


class _ShyCopy(CopyButton):
    """As :class:`_ShyButton`."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if _is_wanted(self):
            super().paintEvent(event)
