"""Notices at the window's lower right: what happened, why, what next; perhaps what to do about it.

They cover the page, so they are few (three), and go by themselves unless they say that something failed. Where nothing
may be covered (the chat), the page keeps a strip free for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QEnterEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsDropShadowEffect, QProgressBar, QVBoxLayout, QWidget

from app.core.errors import Cancelled, SatchelError
from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import Icon, IconButton, button, column, label, restyle, row

if TYPE_CHECKING:
    from app.services.events import NoticeRaised

Severity = Literal["info", "good", "warning", "error"]

MOST = 3
WIDTH = 380
_SHOWN_MS = {"info": 6000, "good": 6000, "warning": 8000, "error": 0}
_WITH_ACTION_MS = 12000
_ICONS = {
    "info": ("info", "accent"),
    "good": ("circle-check", "good"),
    "warning": ("triangle-alert", "warn"),
    "error": ("circle-alert", "bad"),
}


@dataclass(frozen=True)
class Action:
    """A button in a notice."""

    text: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Note:
    """What a notice says. ``stays``: until somebody closes it, or it is replaced. ``fraction``: a progress bar."""

    what: str
    why: str = ""
    next_step: str = ""
    severity: Severity = "info"
    action: Action | None = None
    stays: bool = False
    fraction: float | None = None

    @classmethod
    def of_error(cls, error: SatchelError) -> Note:
        """An error of background work."""
        return cls(error.what, error.why, error.next_step, "error")

    @classmethod
    def of_event(cls, event: NoticeRaised) -> Note:
        """Something a service tells."""
        return cls(event.what, event.why, event.next_step, event.severity)

    @property
    def sentences(self) -> str:
        """All of it as one text."""
        return " ".join(part for part in (self.what, self.why, self.next_step) if part)


class Notices(QWidget):
    """The stack of notices over ``parent``; it keeps itself in the corner. ``left``: the one with the focus goes."""

    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._room: QWidget | None = None
        self.setObjectName("notices")
        self.setAccessibleName(self.tr("Notices"))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 16, 16, 16)
        self._layout.setSpacing(10)
        self._cards: list[NoticeCard] = []
        parent.installEventFilter(self)
        self.hide()

    def show_note(self, note: Note) -> NoticeCard:
        """Show it, newest below, and let a screen reader say it. The same words twice are shown once."""
        for card in self._cards:
            if card.note.sentences == note.sentences:
                card.show_note(note)
                return card
        card = NoticeCard(self._theme, self, note)
        self._cards.append(card)
        self._layout.addWidget(card)
        for old in self._cards[:-MOST]:
            self.dismiss(old)
        self._show_cards()
        self._announce(note)
        return card

    def show_error(self, error: SatchelError) -> None:
        """Show an error; what the person stopped is none."""
        if not isinstance(error, Cancelled):
            self.show_note(Note.of_error(error))

    def dismiss(self, card: NoticeCard) -> None:
        """Take a notice away."""
        focused = QApplication.focusWidget()
        if focused is not None and card.isAncestorOf(focused):
            self.left.emit()  # else Qt gives the focus to the first of the window
        if card in self._cards:
            self._cards.remove(card)
            self._layout.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._show_cards()

    def notes(self) -> list[Note]:
        """What is shown now, oldest first."""
        return [card.note for card in self._cards]

    def note_changed(self) -> None:
        """A notice says something else."""
        self._show_cards()

    def cards(self) -> list[NoticeCard]:
        """The widgets that show them."""
        return list(self._cards)

    def set_room(self, strip: QWidget | None) -> None:
        """Stand in this strip of the page, which is made as high as they are; None: over the page, at the bottom.

        What goes on (a notice with a progress bar) is not shown there: the strip would stay for minutes.
        """
        if self._room is not None:
            self._room.removeEventFilter(self)
            self._room.setFixedHeight(0)
        self._room = strip
        if strip is not None:
            strip.installEventFilter(self)
        self._show_cards()

    def place(self) -> None:
        """Go to the corner, as high as the notices are."""
        parent, room = self.parentWidget(), self._room
        if parent is None or self.isHidden():
            return
        beside = room.width() if room is not None else parent.width()
        width = min(room_px(WIDTH) + 32, beside)
        self.setFixedWidth(width)
        height = self._layout.heightForWidth(width) if self._layout.hasHeightForWidth() else self.sizeHint().height()
        height = min(height, parent.height() // 2 if room is not None else parent.height())
        if room is None:
            self.setGeometry(parent.width() - width, parent.height() - height, width, height)
            return
        if room.height() != height:
            room.setFixedHeight(height)  # it is placed anew when the page has made that room
        where = room.mapTo(parent, QPoint(room.width() - width, 0))
        self.setGeometry(where.x(), where.y(), width, height)

    def _show_cards(self) -> None:
        for card in self._cards:
            card.setVisible(self._room is None or card.note.fraction is None)
        shown = any(not card.isHidden() for card in self._cards)
        self.setVisible(shown)
        if shown:
            self.raise_()
            self.place()
        elif self._room is not None:
            self._room.setFixedHeight(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self.place()
        return super().eventFilter(watched, event)

    def _announce(self, note: Note) -> None:
        event = QAccessibleAnnouncementEvent(self, note.sentences)
        if note.severity == "error":
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)


class NoticeCard(QFrame):
    """One notice. Its time stands still while the pointer is over it."""

    def __init__(self, theme: Theme, notices: Notices, note: Note) -> None:
        super().__init__(notices)
        self._notices = notices
        self.note = note
        self.setObjectName("notice")
        self.setProperty("kind", "toast")
        shadow = QGraphicsDropShadowEffect(self, blurRadius=28, xOffset=0, yOffset=6)
        shadow.setColor(QColor(0, 0, 0, 60))
        self.setGraphicsEffect(shadow)
        self._icon = Icon(theme, "info", "accent", 20)
        self._what = label(kind="strong", wrap=True, name="notice.what")
        self._details = label(wrap=True, name="notice.details")
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setObjectName("notice.progress")
        self._action = button("", "notice.action", self._act)
        close = IconButton(theme, "x", self.tr("Close this notice"), "notice.close", self.close_notice, size=16)
        words = column(self._what, self._details, self._bar, self._action, spacing=6)
        words.setAlignment(self._action, Qt.AlignmentFlag.AlignLeft)
        layout = row(spacing=12, parent=self)
        layout.setContentsMargins(14, 12, 10, 14)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.close_notice)
        self.show_note(note)

    def show_note(self, note: Note) -> None:
        """Say something else in this place (progress that goes on)."""
        self.note = note
        icon, role = _ICONS[note.severity]
        self._icon.set_icon(icon, role)
        restyle(self, state="" if note.severity == "info" else note.severity)
        self.setAccessibleName(note.sentences)
        self._what.setText(note.what)
        self._details.setText(" ".join(part for part in (note.why, note.next_step) if part))
        self._details.setVisible(bool(note.why or note.next_step))
        self._bar.setVisible(note.fraction is not None)
        self._bar.setValue(round((note.fraction or 0.0) * 1000))
        self._action.setVisible(note.action is not None)
        if note.action is not None:
            self._action.setText(note.action.text)
            self._action.setAccessibleName(note.action.text)
        shown_ms = _WITH_ACTION_MS if note.action is not None else _SHOWN_MS[note.severity]
        if note.stays or note.severity == "error":
            self._timer.stop()
        else:
            self._timer.start(shown_ms)
        self._notices.note_changed()

    def close_notice(self) -> None:
        """Go away."""
        self._notices.dismiss(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.note.stays and self.note.severity != "error":
            self._timer.start(_SHOWN_MS[self.note.severity])
        super().leaveEvent(event)

    def _act(self) -> None:
        action = self.note.action
        self.close_notice()
        if action is not None:
            action.do()
