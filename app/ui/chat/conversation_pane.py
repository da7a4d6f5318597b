"""The middle of the chat page: header, messages or the empty state, a problem if there is one, the composer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.core.errors import SatchelError
from app.models.model import LibraryModel
from app.ui.chat.composer import Composer
from app.ui.chat.empty import EmptyConversation
from app.ui.chat.header import Header
from app.ui.chat.intents import Intents
from app.ui.chat.message_list import COLUMN_WIDTH, MessageList
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, IconButton, column, frame, label, restyle, row


class ConversationPane(QWidget):
    """See the module. Its parts are public: the page wires them."""

    def __init__(self, theme: Theme, intents: Intents, models: Callable[[], Sequence[LibraryModel]]) -> None:
        super().__init__()
        self.setObjectName("chat.conversation")
        self.setMinimumWidth(320)
        self.header = Header(theme, models)
        self.messages = MessageList(theme, intents)
        self.empty = EmptyConversation(theme)
        self._opening = label(self.tr("Opening the conversation…"), "muted", name="conversation.opening")
        self._opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.composer = Composer(theme)
        self._stack = QStackedWidget()
        for widget in (self.messages, self.empty, self._opening):
            self._stack.addWidget(widget)
        self._problem = frame("notice", "chat.problem")
        restyle(self._problem, state="error")
        self._problem_text = label("", "", wrap=True, selectable=True, name="chat.problem.text")
        close = IconButton(theme, "x", self.tr("Close this message"), "chat.problem.close", self._problem.hide, size=14)
        said = row(Icon(theme, "circle-alert", "bad", 16), self._problem_text, close, parent=self._problem, spacing=10)
        said.setStretch(1, 1)
        said.setContentsMargins(12, 8, 8, 8)
        self._problem.hide()
        below = QWidget()
        below.setMaximumWidth(COLUMN_WIDTH + 24)
        inside = column(self._problem, self.composer, parent=below, spacing=8)
        inside.setContentsMargins(0, 0, 0, 14)
        centred = QHBoxLayout()
        centred.setContentsMargins(14, 0, 14, 0)
        centred.addStretch(1)
        centred.addWidget(below, 1000)
        centred.addStretch(1)
        self.notice_room = QWidget()
        self.notice_room.setObjectName("chat.notices")
        self.notice_room.setFixedHeight(0)
        whole = column(self.header, self._stack, self.notice_room, parent=self, spacing=0)
        whole.setStretch(1, 1)
        whole.addLayout(centred)

    def show_messages(self) -> None:
        """The conversation."""
        self._stack.setCurrentWidget(self.messages)

    def show_empty(self) -> None:
        """Nothing was said yet."""
        self._stack.setCurrentWidget(self.empty)

    def show_opening(self) -> None:
        """The messages are being read."""
        self._stack.setCurrentWidget(self._opening)

    def show_problem(self, error: SatchelError | None) -> None:
        """What went wrong with what was asked here; None takes it away."""
        self._problem_text.setText(str(error) if error is not None else "")
        self._problem.setVisible(error is not None)
