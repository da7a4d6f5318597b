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


def test_it_stands_where_it_is_told_to(notices: Notices) -> None:
    notices.set_top(90)
    notices.show_note(Note("Here."))
    assert notices.y() == 90
    notices.set_top(None)
    assert notices.geometry().bottom() == notices.parentWidget().height() - 1


def test_an_event_of_a_service_becomes_a_note() -> None:
    note = Note.of_event(NoticeRaised("It ended.", "It was killed.", "It starts again.", "warning"))
    assert (note.sentences, note.severity) == ("It ended. It was killed. It starts again.", "warning")


def test_progress_replaces_itself(notices: Notices) -> None:
    card = notices.show_note(Note("Reading", "1 of 3 files", stays=True, fraction=0.3))
    card.show_note(Note("Ready", "3 files", severity="good"))
    assert [note.what for note in notices.notes()] == ["Ready"]
