"""Notices: few, in words, with something to do, gone when closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import Cancelled, DiskFull
from app.services.events import NoticeRaised
from app.ui.notices import MOST, Action, Note, Notices
from app.ui.theme import Theme
from app.ui.widgets.basic import column


@pytest.fixture
def notices(qtbot: QtBot, theme: Theme) -> Iterator[Notices]:
    parent = QWidget()
    parent.resize(800, 600)
    qtbot.addWidget(parent)
    made = Notices(theme, parent)
    with qtbot.waitExposed(parent):
        parent.show()
    yield made
    parent.close()


def test_an_error_says_what_why_and_what_next(notices: Notices) -> None:
    notices.show_error(DiskFull("It was not saved.", "The disk is full.", "Free some space."))
    assert notices.findChild(QLabel, "notice.what").text() == "It was not saved."
    assert notices.findChild(QLabel, "notice.details").text() == "The disk is full. Free some space."
    assert notices.notes()[0].severity == "error"


def test_what_the_person_stopped_is_not_shown(notices: Notices) -> None:
    notices.show_error(Cancelled())
    assert notices.notes() == []
    assert notices.isHidden()


def test_the_same_words_are_shown_once(notices: Notices) -> None:
    for _ in range(3):
        notices.show_note(Note("The same."))
    assert len(notices.notes()) == 1


def test_only_the_newest_stay(notices: Notices) -> None:
    for number in range(MOST + 2):
        notices.show_note(Note(f"Number {number}"))
    assert [note.what for note in notices.notes()] == ["Number 2", "Number 3", "Number 4"]


def test_undo_is_done_once_and_closes(qtbot: QtBot, notices: Notices) -> None:
    done: list[str] = []
    card = notices.show_note(Note("Deleted.", action=Action("Undo", lambda: done.append("undone"))))
    card.findChild(QPushButton, "notice.action").click()
    assert done == ["undone"]
    assert notices.notes() == []


def test_it_lies_inside_the_window_whatever_its_size(notices: Notices) -> None:
    parent = notices.parentWidget()
    notices.show_note(Note("A long one. " * 20, "Why. " * 20, "Next. " * 20, "error"))
    for width, height in ((800, 600), (360, 240)):
        parent.resize(width, height)
        assert parent.rect().contains(notices.geometry())


def test_in_a_strip_of_the_page_they_cover_nothing_else(qtbot: QtBot, notices: Notices) -> None:
    parent = notices.parentWidget()
    assert parent is not None
    above, strip, below = QWidget(), QWidget(), QWidget()
    strip.setFixedHeight(0)
    below.setFixedHeight(60)
    column(above, strip, below, spacing=0, parent=parent).setStretch(0, 1)
    notices.set_room(strip)
    card = notices.show_note(Note("Deleted.", "It can be brought back.", action=Action("Undo", lambda: None)))
    qtbot.waitUntil(lambda: notices.geometry().bottom() < below.y() and notices.y() > above.geometry().bottom())
    assert card.isVisible()
    notices.dismiss(card)
    assert strip.height() == 0
    qtbot.waitUntil(lambda: above.height() == parent.height() - 60)


def test_what_goes_on_for_minutes_takes_no_room_from_the_page(notices: Notices) -> None:
    parent = notices.parentWidget()
    strip = QWidget(parent)
    notices.set_room(strip)
    card = notices.show_note(Note("Reading", "1 of 3 files", stays=True, fraction=0.3))
    assert not card.isVisible()
    assert not notices.isVisible()
    notices.set_room(None)
    assert card.isVisible()
    notices.set_room(strip)
    card.show_note(Note("Ready", "3 files", severity="good"))
    assert card.isVisible()


def test_an_event_of_a_service_becomes_a_note() -> None:
    note = Note.of_event(NoticeRaised("It ended.", "It was killed.", "It starts again.", "warning"))
    assert (note.sentences, note.severity) == ("It ended. It was killed. It starts again.", "warning")


def test_progress_replaces_itself(notices: Notices) -> None:
    card = notices.show_note(Note("Reading", "1 of 3 files", stays=True, fraction=0.3))
    card.show_note(Note("Ready", "3 files", severity="good"))
    assert [note.what for note in notices.notes()] == ["Ready"]
