"""The conversation: any number of messages, of which a window of about a hundred is built as widgets.

Measured by others of this project: a widget for each of 1,000 messages takes 2 to 10 s to build; a delegate that paints
them 0.7 s for each token. So the end is built, and more when it is scrolled to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chat.transcript import Message
from app.ui.chat.following import Following
from app.ui.chat.intents import Intents
from app.ui.chat.live import LiveReply
from app.ui.chat.question import UserMessage
from app.ui.chat.reply import ReplyMessage
from app.ui.theme import Theme
from app.ui.widgets.basic import button

WINDOW = 100
"""At most this many messages are widgets at a time."""
FIRST = 20
STEP = 20
COLUMN_WIDTH = 760
_NEAR = 800

MessageWidget = UserMessage | ReplyMessage


class MessageList(QWidget):
    """See the module. ``intents`` carries what is done inside the messages."""

    def __init__(self, theme: Theme, intents: Intents) -> None:
        super().__init__()
        self._theme, self._intents = theme, intents
        self._messages: list[Message] = []
        self._live: Mapping[int, LiveReply] = {}
        self._versions: Mapping[int, tuple[int, ...]] = {}
        self._widgets: list[MessageWidget] = []
        self._first = 0
        """The message that the first widget shows; the widgets show it and those behind it."""
        self.built = 0
        """How many message widgets have been made since the conversation was opened."""
        self._make()
        theme.changed.connect(self._rebuild)

    # -- messages ---------------------------------------------------------------------------------------------------

    @property
    def messages(self) -> Sequence[Message]:
        """All messages of the path that is shown."""
        return self._messages

    @property
    def widgets(self) -> Sequence[MessageWidget]:
        """The messages that are built now, in order."""
        return self._widgets

    def set_messages(
        self,
        messages: Sequence[Message],
        live: Mapping[int, LiveReply],
        versions: Mapping[int, tuple[int, ...]] | None = None,
    ) -> None:
        """Show another conversation, at its end. ``versions``: of the messages that have some, by message id."""
        self._messages, self._live, self._versions = list(messages), live, versions or {}
        self.built = 0
        self._show_end()

    def add(self, message: Message) -> None:
        """A message was added behind its parent; what stood there (an answer asked for again) leaves the path."""
        at = len(self._messages)
        while at > 0 and self._messages[at - 1].id != message.parent_id:
            at -= 1
        at = at if at > 0 or message.parent_id is None else len(self._messages)
        replaced = at < len(self._messages)
        if replaced:
            self._cut(at)
        self._messages.append(message)
        if self._first + len(self._widgets) == len(self._messages) - 1:
            self._append_widget(message)
            self._trim_front()
        self._tell_last()
        if message.role == "user" or replaced:
            self.jump_to_end()

    def set_versions(self, versions: Mapping[int, tuple[int, ...]]) -> None:
        """The versions of messages that have some, by message id."""
        self._versions = versions
        for widget in self._widgets:
            widget.set_versions(versions.get(widget.message.id, ()))

    def show_path(
        self, messages: Sequence[Message], versions: Mapping[int, tuple[int, ...]], version: int | None = None
    ) -> None:
        """Show another path through the same conversation; what both paths share stays where it is seen.

        ``version``: the message at the fork whose arrows get the focus.
        """
        pairs = enumerate(zip(self._messages, messages, strict=False))
        shared = min(len(self._messages), len(messages))
        fork = next((at for at, (old, new) in pairs if old.id != new.id), shared)
        forward = fork < shared and messages[fork].id > self._messages[fork].id
        if not self._first < fork <= self._first + len(self._widgets):
            self.set_messages(messages, self._live, versions)
        else:
            self._following.hold(self._widgets[fork - 1 - self._first], instead=True)
            self._cut(fork)
            self._messages.extend(messages[fork:])
            for message in messages[fork : fork + STEP]:
                self._append_widget(message)
            while len(self._widgets) > WINDOW:
                self._drop(self._widgets.pop(0))
                self._first += 1
            self.set_versions(versions)
            self._tell_last()
            self._place_jump()
        for widget in self._widgets:
            if widget.message.id == version:
                widget.versions.take_focus(forward=forward)

    def reply(self, message_id: int) -> ReplyMessage | None:
        """The widget of a reply, if it is built."""
        for widget in reversed(self._widgets):
            if widget.message.id == message_id:
                return widget if isinstance(widget, ReplyMessage) else None
        return None

    def finish(self, message: Message) -> None:
        """A reply is complete."""
        for number in range(len(self._messages) - 1, -1, -1):
            if self._messages[number].id == message.id:
                self._messages[number] = message
                break
        widget = self.reply(message.id)
        if widget is not None:
            widget.finish(message)
            self._tell_last()

    @property
    def at_end(self) -> bool:
        """Whether the view follows new text."""
        return self._following.follows

    def jump_to_end(self) -> None:
        """Show the newest message and follow it."""
        if not self._is_complete():
            self._show_end()
        self._following.follow_end()
        self._place_jump()

    # -- the window of widgets --------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.area = QScrollArea()
        self.area.setObjectName("conversation")
        self.area.setAccessibleName(self.tr("Conversation"))
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setProperty("kind", "page")
        holder = QWidget()
        holder.setMaximumWidth(COLUMN_WIDTH)
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 24, 0, 24)
        self._column.setSpacing(26)
        self._column.addStretch()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(24, 0, 24, 0)
        outer.addStretch(1)
        outer.addWidget(holder, 1000)
        outer.addStretch(1)
        self.area.setWidget(page)
        self._bar = self.area.verticalScrollBar()
        self._bar.setSingleStep(24)
        self._following = Following(self._bar, self._is_complete)
        self._following.resized.connect(self._resized)
        self._following.scrolled.connect(self._scrolled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area)
        self._jump = button(self.tr("Jump to latest"), "conversation.latest", self.jump_to_end, "jump")
        self._jump.setParent(self)
        self._jump.hide()
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self._extend)

    def _rebuild(self) -> None:
        if self._messages:
            self._show_end()

    def _show_end(self) -> None:
        for widget in self._widgets:
            self._drop(widget)
        self._widgets = []
        self._first = max(0, len(self._messages) - FIRST)
        for message in self._messages[self._first :]:
            self._append_widget(message)
        self._tell_last()
        self._following.follow_end()
        self._place_jump()

    def _append_widget(self, message: Message) -> None:
        widget = self._build(message)
        self._widgets.append(widget)
        self._column.insertWidget(self._column.count() - 1, widget)

    def _build(self, message: Message) -> MessageWidget:
        self.built += 1
        made: MessageWidget
        if message.role == "user":
            made = UserMessage(self._theme, message, self._intents)
        else:
            live = self._live.get(message.id)
            made = ReplyMessage(self._theme, live.message if live else message, self._intents, live)
        made.set_versions(self._versions.get(message.id, ()))
        return made

    def _cut(self, at: int) -> None:
        del self._messages[at:]
        while self._widgets and self._first + len(self._widgets) > at:
            self._drop(self._widgets.pop())

    def _drop(self, widget: MessageWidget) -> None:
        self._following.forget(widget)
        focused = QApplication.focusWidget()
        if focused is not None and widget.isAncestorOf(focused):
            self.area.setFocus()  # else Qt looks for another widget to focus, and scrolls to it
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def _trim_front(self) -> None:
        while len(self._widgets) > WINDOW and self._following.follows:
            self._drop(self._widgets.pop(0))
            self._first += 1

    def _tell_last(self) -> None:
        question = next((message.id for message in reversed(self._messages) if message.role == "user"), None)
        for widget in self._widgets[-4:]:
            last = question if isinstance(widget, UserMessage) else self._messages[-1].id
            widget.set_last(widget.message.id == last)

    def _extend(self) -> None:
        """Build what is about to be scrolled to, keeping what is seen where it is."""
        if self._first > 0 and self._bar.value() < _NEAR:
            self._following.hold(self._first_visible())
            step = min(STEP, self._first)
            for number in range(self._first - 1, self._first - 1 - step, -1):
                widget = self._build(self._messages[number])
                self._widgets.insert(0, widget)
                self._column.insertWidget(0, widget)
            self._first -= step
            while len(self._widgets) > WINDOW:
                self._drop(self._widgets.pop())
        last = self._first + len(self._widgets)
        if last < len(self._messages) and self._bar.value() > self._bar.maximum() - _NEAR:
            self._following.hold(self._first_visible())
            for message in self._messages[last : last + STEP]:
                self._append_widget(message)
            while len(self._widgets) > WINDOW:
                self._drop(self._widgets.pop(0))
                self._first += 1
        self._tell_last()

    # -- where it is scrolled to ------------------------------------------------------------------------------------

    def _first_visible(self) -> MessageWidget | None:
        top = self._bar.value()
        return next((widget for widget in self._widgets if widget.y() + widget.height() > top), None)

    def _is_complete(self) -> bool:
        """Whether the newest message is built."""
        return self._first + len(self._widgets) >= len(self._messages)

    def _resized(self) -> None:
        self._place_jump()
        if self._first > 0 and self._bar.maximum() < _NEAR:
            self._more.start()

    def _scrolled(self, value: int) -> None:
        self._place_jump()
        near_end = value > self._bar.maximum() - _NEAR
        if (self._first > 0 and value < _NEAR) or (not self._is_complete() and near_end):
            self._more.start()

    def _place_jump(self) -> None:
        shown = self._following.is_away and bool(self._messages)
        self._jump.setVisible(shown)
        if not shown:
            return
        size = self._jump.sizeHint()
        self._jump.setGeometry(
            (self.width() - size.width()) // 2, self.height() - size.height() - 12, size.width(), size.height()
        )
        self._jump.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_jump()
