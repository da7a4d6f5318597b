"""The conversation: the path of messages that is shown, scrolled to its end or to what is being read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chat.transcript import Message
from app.ui.chat.built_messages import BuiltMessages, MessageWidget
from app.ui.chat.following import Following
from app.ui.chat.intents import Intents
from app.ui.chat.live import LiveReply
from app.ui.chat.question import UserMessage
from app.ui.chat.reply import ReplyMessage
from app.ui.theme import Theme
from app.ui.widgets.basic import button

COLUMN_WIDTH = 760
_NEAR = 800
"""So many pixels from what is not built yet, it is built."""


class MessageList(QWidget):
    """See the module. ``intents`` carries what is done inside the messages."""

    def __init__(self, theme: Theme, intents: Intents) -> None:
        super().__init__()
        self._theme, self._intents = theme, intents
        self._live: Mapping[int, LiveReply] = {}
        self._versions: Mapping[int, tuple[int, ...]] = {}
        self.built = 0
        """How many message widgets have been made since the conversation was opened."""
        self._make()
        theme.changed.connect(self._rebuild)

    # -- messages ---------------------------------------------------------------------------------------------------

    @property
    def messages(self) -> Sequence[Message]:
        """All messages of the path that is shown."""
        return self._shown.messages

    @property
    def widgets(self) -> Sequence[MessageWidget]:
        """The messages that are built now, in order."""
        return self._shown.widgets

    def set_messages(
        self,
        messages: Sequence[Message],
        live: Mapping[int, LiveReply],
        versions: Mapping[int, tuple[int, ...]] | None = None,
    ) -> None:
        """Show another conversation, at its end. ``versions``: of the messages that have some, by message id."""
        self._shown.messages, self._live, self._versions = list(messages), live, versions or {}
        self.built = 0
        self._show_end()

    def add(self, message: Message) -> None:
        """A message was added behind its parent; what stood there (an answer asked for again) leaves the path."""
        messages = self._shown.messages
        at = len(messages)
        while at > 0 and messages[at - 1].id != message.parent_id:
            at -= 1
        at = at if at > 0 or message.parent_id is None else len(messages)
        replaced = at < len(messages)
        if replaced:
            self._shown.cut(at)
        self._shown.add(message)
        if self._following.follows:
            self._shown.trim_front()
        self._shown.tell_last()
        if message.role == "user" or replaced:
            self.jump_to_end()

    def set_versions(self, versions: Mapping[int, tuple[int, ...]]) -> None:
        """The versions of messages that have some, by message id."""
        self._versions = versions
        for widget in self._shown.widgets:
            widget.set_versions(versions.get(widget.message.id, ()))

    def show_path(
        self, messages: Sequence[Message], versions: Mapping[int, tuple[int, ...]], version: int | None = None
    ) -> None:
        """Show another path through the same conversation; what both paths share stays where it is seen.

        ``version``: the message at the fork whose arrows get the focus.
        """
        before = self._shown.messages
        pairs = enumerate(zip(before, messages, strict=False))
        shared = min(len(before), len(messages))
        fork = next((at for at, (old, new) in pairs if old.id != new.id), shared)
        forward = fork < shared and messages[fork].id > before[fork].id
        stays = self._shown.widget_before(fork)
        if stays is None:
            self.set_messages(messages, self._live, versions)
        else:
            self._following.hold(stays, instead=True)
            self._shown.cut(fork)
            self._shown.go_on(messages[fork:])
            self.set_versions(versions)
            self._shown.tell_last()
            self._place_jump()
        for widget in self._shown.widgets:
            if widget.message.id == version:
                widget.versions.take_focus(forward=forward)

    def reply(self, message_id: int) -> ReplyMessage | None:
        """The widget of a reply, if it is built."""
        return self._shown.reply(message_id)

    def finish(self, message: Message) -> None:
        """A reply is complete."""
        messages = self._shown.messages
        for number in range(len(messages) - 1, -1, -1):
            if messages[number].id == message.id:
                messages[number] = message
                break
        widget = self.reply(message.id)
        if widget is not None:
            widget.finish(message)
            self._shown.tell_last()

    @property
    def at_end(self) -> bool:
        """Whether the view follows new text."""
        return self._following.follows

    def jump_to_end(self) -> None:
        """Show the newest message and follow it."""
        if not self._shown.has_end:
            self._show_end()
        self._following.follow_end()
        self._place_jump()

    # -- widgets ----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.area = QScrollArea()
        self.area.setProperty("kind", "reading")  # a stop of Tab, from which keys scroll
        self.area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.area.setObjectName("conversation")
        self.area.setAccessibleName(self.tr("Conversation"))
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setProperty("kind", "page")
        holder = QWidget()
        holder.setMaximumWidth(COLUMN_WIDTH)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(26)
        column.addStretch()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(24, 0, 24, 0)
        outer.addStretch(1)
        outer.addWidget(holder, 1000)
        outer.addStretch(1)
        self.area.setWidget(page)
        self._shown = BuiltMessages(column, self._build, self._leave)
        self._bar = self.area.verticalScrollBar()
        self._bar.setSingleStep(24)
        self._following = Following(self._bar, lambda: self._shown.has_end)
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

    def _leave(self, widget: MessageWidget) -> None:
        self._following.forget(widget)
        focused = QApplication.focusWidget()
        if focused is not None and widget.isAncestorOf(focused):
            self.area.setFocus()  # else Qt looks for another widget to focus, and scrolls to it

    def _rebuild(self) -> None:
        if self._shown.messages:
            self._show_end()

    def _show_end(self) -> None:
        self._shown.show_end()
        self._following.follow_end()
        self._place_jump()

    # -- where it is scrolled to ------------------------------------------------------------------------------------

    @property
    def _is_near_start(self) -> bool:
        return not self._shown.has_start and self._bar.value() < _NEAR

    @property
    def _is_near_end(self) -> bool:
        return not self._shown.has_end and self._bar.value() > self._bar.maximum() - _NEAR

    def _extend(self) -> None:
        """Build what is about to be scrolled to, keeping what is seen where it is."""
        if self._is_near_start:
            self._following.hold(self._first_visible())
            self._shown.extend_front()
        if self._is_near_end:
            self._following.hold(self._first_visible())
            self._shown.extend_end()
        self._shown.tell_last()

    def _first_visible(self) -> MessageWidget | None:
        top = self._bar.value()
        return next((widget for widget in self._shown.widgets if widget.y() + widget.height() > top), None)

    def _resized(self) -> None:
        self._place_jump()
        if not self._shown.has_start and self._bar.maximum() < _NEAR:
            self._more.start()

    def _scrolled(self) -> None:
        self._place_jump()
        if self._is_near_start or self._is_near_end:
            self._more.start()

    def _place_jump(self) -> None:
        shown = self._following.is_away and bool(self._shown.messages)
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
