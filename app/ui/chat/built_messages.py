"""The part of a conversation that is built as widgets: a window of about a hundred messages that moves along the path.

Measured by others of this project: a widget for each of 1,000 messages takes 2 to 10 s to build; a delegate that paints
them 0.7 s for each token. So the end is built, and more when it is scrolled to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout

from app.chat.transcript import Message
from app.ui.chat.question import UserMessage
from app.ui.chat.reply import ReplyMessage

WINDOW = 100
"""At most this many messages are widgets at a time."""
FIRST = 20
STEP = 20

MessageWidget = UserMessage | ReplyMessage


class BuiltMessages:
    """Keeps the widgets of messages that follow each other in ``column``, above what stands last in it.

    ``build`` makes a message's widget; ``leave`` takes one out of what else knows it, before it is deleted.
    """

    def __init__(
        self,
        column: QVBoxLayout,
        build: Callable[[Message], MessageWidget],
        leave: Callable[[MessageWidget], None],
    ) -> None:
        self._column, self._build, self._leave = column, build, leave
        self.messages: list[Message] = []
        """All messages of the path, built or not."""
        self.widgets: list[MessageWidget] = []
        """Those that are built, in order."""
        self._first = 0
        """The message that the first widget shows; the widgets show it and those behind it."""

    @property
    def has_end(self) -> bool:
        """Whether the newest message is built."""
        return self._behind >= len(self.messages)

    @property
    def has_start(self) -> bool:
        """Whether the oldest message is built."""
        return self._first == 0

    def show_end(self) -> None:
        """Build the newest messages anew, and only those."""
        for widget in self.widgets:
            self._drop(widget)
        self.widgets = []
        self._first = max(0, len(self.messages) - FIRST)
        for message in self.messages[self._first :]:
            self._append(message)
        self.tell_last()

    def add(self, message: Message) -> None:
        """A message at the path's end; it is built if the one before it is."""
        had_end = self.has_end
        self.messages.append(message)
        if had_end:
            self._append(message)

    def cut(self, at: int) -> None:
        """The path ends before the message ``at``."""
        del self.messages[at:]
        while self.widgets and self._behind > at:
            self._drop(self.widgets.pop())

    def go_on(self, messages: Sequence[Message]) -> None:
        """The path goes on with these; the first of them are built."""
        self.messages.extend(messages)
        for message in messages[:STEP]:
            self._append(message)
        self.trim_front()

    def widget_before(self, at: int) -> MessageWidget | None:
        """The widget of the message before the message ``at``, if it is built."""
        return self.widgets[at - 1 - self._first] if self._first < at <= self._behind else None

    def reply(self, message_id: int) -> ReplyMessage | None:
        """The widget of a reply, if it is built."""
        for widget in reversed(self.widgets):
            if widget.message.id == message_id:
                return widget if isinstance(widget, ReplyMessage) else None
        return None

    def extend_front(self) -> None:
        """Build some older messages."""
        step = min(STEP, self._first)
        for message in reversed(self.messages[self._first - step : self._first]):
            widget = self._build(message)
            self.widgets.insert(0, widget)
            self._column.insertWidget(0, widget)
        self._first -= step
        while len(self.widgets) > WINDOW:
            self._drop(self.widgets.pop())

    def extend_end(self) -> None:
        """Build some newer messages."""
        for message in self.messages[self._behind : self._behind + STEP]:
            self._append(message)
        self.trim_front()

    def trim_front(self) -> None:
        """Give up the oldest widgets that are too many."""
        while len(self.widgets) > WINDOW:
            self._drop(self.widgets.pop(0))
            self._first += 1

    def tell_last(self) -> None:
        """The last question can be edited, the last reply asked for again: tell the widgets which they are."""
        question = next((message.id for message in reversed(self.messages) if message.role == "user"), None)
        for widget in self.widgets[-4:]:
            last = question if isinstance(widget, UserMessage) else self.messages[-1].id
            widget.set_last(widget.message.id == last)

    @property
    def _behind(self) -> int:
        """The first message behind those that are built."""
        return self._first + len(self.widgets)

    def _append(self, message: Message) -> None:
        widget = self._build(message)
        self.widgets.append(widget)
        self._column.insertWidget(self._column.count() - 1, widget)

    def _drop(self, widget: MessageWidget) -> None:
        self._leave(widget)
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()
