"""Versions of questions and answers: editing, going back and forth, answering without documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget

from app.chat.sources import Evidence
from app.core.errors import ModelError
from app.services.events import MessageAdded, ReplyStep
from app.ui.chat.page import ChatPage
from app.ui.chat.question import UserMessage
from tests.helpers.fake_services import Script
from tests.helpers.screens_chat import ANSWER, QUESTION, checks, evidence, passage
from tests.qt.chat.conftest import Stage

NOTHING = Evidence("?", (passage(1),), (), found=False)


def shown(stage: Stage) -> list[str]:
    return [widget.message.text for widget in stage.page.pane.messages.widgets]


def press(stage: Stage, name: str) -> None:
    """By keyboard: a button that is found, shown and enabled."""
    button = stage.find(QWidget, name)
    assert isinstance(button, QPushButton | QToolButton)
    stage.until(button.isVisible)
    button.setFocus()
    stage.qtbot.keyClick(button, Qt.Key.Key_Space)


def question(stage: Stage) -> UserMessage:
    """The last question's widget."""
    found = [widget for widget in stage.page.pane.messages.widgets if isinstance(widget, UserMessage)]
    return found[-1]


def said_in(stage: Stage, name: str) -> str:
    found = stage.find(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


# -- versions ---------------------------------------------------------------------------------------------------------


def test_a_message_with_one_version_shows_no_arrows(stage: Stage) -> None:
    stage.session.add("One", ("Question", "Answer"))
    stage.open()
    assert stage.last_reply().versions.isHidden()
    assert question(stage).versions.isHidden()


def test_going_through_versions_leaves_what_stands_above_where_it_is(stage: Stage) -> None:
    texts = [f"Message {number}\n\nwith two paragraphs" for number in range(40)]
    number = stage.session.add("Long", texts)
    stage.session.add_version(number, "Other. " * 800)
    stage.session.add_version(number, "Long. " * 900)
    page = stage.open()
    bar = page.pane.messages.area.verticalScrollBar()
    stage.until(lambda: bar.value() == bar.maximum() > 2000 and stage.last_reply().height() > 900)
    name = f"message.{stage.last_reply().message.id}.versions"
    assert said_in(stage, f"{name}.label") == "3 of 3"
    asked = question(stage)
    bar.setValue(bar.maximum() - stage.last_reply().height())
    stage.until(lambda: page.pane.messages.at_end is False)
    at = asked.mapTo(page, QPoint()).y()
    press(stage, f"{name}.previous")
    stage.until(lambda: shown(stage)[-1].startswith("Other. "))
    stage.until(lambda: bar.maximum() > 1000 and abs(asked.mapTo(page, QPoint()).y() - at) <= 2)
    stage.until(lambda: said_in(stage, f"message.{stage.last_reply().message.id}.versions.label") == "2 of 3")
    middle = f"message.{stage.last_reply().message.id}.versions"
    assert stage.find(QToolButton, f"{middle}.previous").hasFocus()
    press(stage, f"{middle}.next")
    stage.until(lambda: shown(stage)[-1].startswith("Long. "))
    stage.until(lambda: bar.maximum() > 1000 and abs(asked.mapTo(page, QPoint()).y() - at) <= 2)


def test_a_version_of_long_ago_is_shown_with_what_followed_it(stage: Stage) -> None:
    number = stage.session.add("Old", ("First", "One"))
    stage.session.add_version(number, "Other")
    stage.session.extend(number, "Second", "Two")
    page = stage.open()
    other = page.pane.messages.widgets[1]
    press(stage, f"message.{other.message.id}.versions.previous")
    stage.until(lambda: shown(stage) == ["First", "One"])
    press(stage, f"message.{stage.last_reply().message.id}.versions.next")
    stage.until(lambda: shown(stage) == ["First", "Other", "Second", "Two"])


# -- editing ----------------------------------------------------------------------------------------------------------


def test_the_last_question_is_edited_in_the_composer(stage: Stage) -> None:
    stage.session.add("Old", ("One?", "1", "Tow?", "2"))
    page = stage.open()
    stage.session.script = Script(("Second answer",))
    first = page.pane.messages.widgets[0]
    assert isinstance(first, UserMessage)
    assert not first.edit.isVisible()
    page.pane.composer.set_draft("half a thought")
    old = question(stage)
    press(stage, f"message.{old.message.id}.edit")
    composer = page.pane.composer
    assert composer.input.hasFocus()
    assert composer.input.toPlainText() == "Tow?"
    assert stage.find(QWidget, "composer.editing").isVisible()
    assert composer.draft == "half a thought"  # what is saved meanwhile
    composer.input.setPlainText("Two?")
    stage.qtbot.keyClick(composer.input, Qt.Key.Key_Return)
    stage.until(lambda: shown(stage) == ["One?", "1", "Two?", "Second answer"])
    assert composer.input.toPlainText() == "half a thought"
    assert not stage.find(QWidget, "composer.editing").isVisible()
    name = f"message.{question(stage).message.id}.versions"
    stage.until(lambda: said_in(stage, f"{name}.label") == "2 of 2")
    press(stage, f"{name}.previous")
    stage.until(lambda: shown(stage) == ["One?", "1", "Tow?", "2"])


def test_the_only_question_can_be_edited(stage: Stage) -> None:
    stage.session.add("Old", ("Tow?", "2"))
    page = stage.open()
    press(stage, f"message.{question(stage).message.id}.edit")
    page.pane.composer.input.setPlainText("Two?")
    stage.qtbot.keyClick(page.pane.composer.input, Qt.Key.Key_Return)
    stage.until(lambda: len(shown(stage)) == 2 and shown(stage)[0] == "Two?")
    stage.until(lambda: stage.last_reply().message.state == "complete")
    press(stage, f"message.{question(stage).message.id}.versions.previous")
    stage.until(lambda: shown(stage) == ["Tow?", "2"])


@pytest.mark.parametrize("way", ["escape", "button", "another conversation"])
def test_editing_can_be_given_up(stage: Stage, way: str) -> None:
    other = stage.session.add("Other", ("a", "b"))
    stage.session.add("Old", ("One?", "1"))
    page = stage.open()
    composer = page.pane.composer
    composer.set_draft("half a thought")
    press(stage, f"message.{question(stage).message.id}.edit")
    composer.input.setPlainText("something else")
    if way == "escape":
        stage.qtbot.keyClick(composer.input, Qt.Key.Key_Escape)
    elif way == "button":
        press(stage, "composer.editing.cancel")
    else:
        page.open(other)
        stage.until(lambda: shown(stage) == ["a", "b"])
    assert not stage.find(QWidget, "composer.editing").isVisible()
    assert composer.input.toPlainText() == ("" if way == "another conversation" else "half a thought")
    assert not [call for call in stage.session.calls if call[0] in ("edit", "send")]


def test_the_pencil_is_drawn_only_for_pointer_and_keyboard(stage: Stage) -> None:
    stage.session.add("Old", ("One?", "1"))
    stage.open()
    pencil = question(stage).edit
    plain = pencil.grab().toImage()
    pencil.setFocus()
    assert pencil.grab().toImage() != plain
    stage.page.pane.composer.input.setFocus()
    assert pencil.grab().toImage() == plain
    inside = QPointF(pencil.rect().center())
    question(stage).setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    question(stage).event(QEnterEvent(inside, inside, inside))
    assert pencil.grab().toImage() != plain
    question(stage).setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    question(stage).event(QEvent(QEvent.Type.Leave))
    assert pencil.grab().toImage() == plain


# -- without documents ------------------------------------------------------------------------------------------------


def test_the_model_is_asked_alone_when_the_documents_have_nothing(stage: Stage) -> None:
    stage.session.add("Warranty", (QUESTION, "I found nothing."), collection_ids=(1,), evidence=NOTHING, model="")
    stage.open()
    stage.session.script = Script(("A guess",))
    nothing = stage.last_reply().message.id
    press(stage, f"message.{nothing}.without_documents")
    stage.until(lambda: shown(stage)[-1] == "A guess")
    reply = stage.last_reply()
    assert ("regenerate", reply.message.conversation_id, False) in stage.session.calls
    words = "Without your documents: the model's own words, not checked"
    stage.until(lambda: said_in(stage, f"message.{reply.message.id}.head").startswith(words))
    assert not stage.find(QPushButton, f"message.{reply.message.id}.without_documents").isVisible()
    stage.until(lambda: said_in(stage, f"message.{reply.message.id}.versions.label") == "2 of 2")
    press(stage, f"message.{reply.message.id}.regenerate")  # again in the same way
    stage.until(lambda: len([call for call in stage.session.calls if call == stage.session.calls[-1]]) == 2)
    stage.until(lambda: stage.last_reply().message.id != reply.message.id)


def test_the_offer_stands_only_at_the_end_and_only_without_evidence(stage: Stage) -> None:
    number = stage.session.add("Warranty", (QUESTION, "I found nothing."), evidence=NOTHING)
    stage.session.extend(number, QUESTION, ANSWER, evidence=evidence(), checks=checks())
    page = stage.open()
    for widget in page.pane.messages.widgets[1::2]:
        assert not stage.find(QPushButton, f"message.{widget.message.id}.without_documents").isVisible()


# -- what a screen reader is told -------------------------------------------------------------------------------------


def test_a_reply_is_announced_as_it_becomes_readable_and_ends(stage: Stage) -> None:
    stage.session.script = Script(("The answer",), evidence=evidence())
    page = stage.open()
    said: list[str] = []
    page.replies.announcer.said.connect(said.append)
    page.replies.send(QUESTION)
    stage.until(lambda: len(said) == 3)
    assert said == ["2 quotes from your documents.", "The answer begins.", "The answer is complete."]
    stage.session.script = Script((ANSWER,), evidence=evidence(), checks=checks())
    page.replies.regenerate(use_documents=True)
    stage.until(lambda: len(said) == 6)
    assert said[-1] == (
        "The answer is complete. 2 sentences without support in the passages: grey and underlined with dots."
    )
    stage.session.script = Script(("Not found",), evidence=NOTHING)
    page.replies.send("Else?")
    stage.until(lambda: len(said) >= 7)
    assert said[6] == "Not in your documents."
    stage.until(lambda: not page.replies.is_busy)
    stage.session.script = Script(problem=ModelError("No answer.", "The model is gone.", "Choose another."))
    page.replies.send("And?")
    stage.until(lambda: said[-1] == "No answer. The model is gone. Choose another.")


def test_each_step_of_a_reply_is_said_in_words(stage: Stage) -> None:
    number = stage.session.add("Old", ("One?", ""), state="streaming")
    page = stage.open()
    reply = stage.last_reply()
    stage.hub.publish(MessageAdded(reply.message))
    name = f"message.{reply.message.id}.progress"
    for phase, words in (
        ("searching", "Searching your documents…"),
        ("waiting", "Waiting for another answer to end…"),
        ("loading", "Loading the model…"),
        ("reading", "Reading your question…"),
        ("checking", "Checking the answer against your documents…"),
    ):
        stage.hub.publish(ReplyStep(number, reply.message.id, phase))  # type: ignore[arg-type]
        stage.until(lambda words=words: said_in(stage, name) == words)
    assert page.conversation_id == number


# -- what is remembered -----------------------------------------------------------------------------------------------


def test_the_width_of_the_sidebar_and_whether_it_is_hidden_survive_a_restart(stage: Stage, tmp_path: Path) -> None:
    def page() -> ChatPage:
        state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        made = ChatPage(stage.theme, stage.bridge, stage.session, stage.documents, stage.models, state)
        stage.qtbot.addWidget(made)
        made.resize(1200, 800)
        made.show()
        stage.until(lambda: made.width() == 1200 and made.pane.width() > 400)
        return made

    first = page()
    assert first.sidebar.width() == 248
    first.arrangement.setSizes([330, 870, 0])
    first.arrangement.splitterMoved.emit(330, 1)
    wide = first.sidebar.width()
    assert wide == 330
    second = page()
    assert second.sidebar.width() == wide
    assert not second.pane.header.show_sidebar.isVisible()
    second.sidebar.collapse.click()
    third = page()
    assert third.sidebar.isHidden()
    assert third.pane.header.show_sidebar.isVisible()
    third.pane.header.show_sidebar.click()
    assert page().sidebar.width() == wide
