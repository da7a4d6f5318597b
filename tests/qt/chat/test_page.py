"""The chat page driven as a person would, on in-memory services."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.chat.answer import not_found_answer
from app.core.errors import DocumentError, ModelError
from app.services.events import CollectionsChanged, ModelState, ModelStateChanged, TextArrived
from app.ui.chat.built_messages import FIRST, WINDOW
from app.ui.chat.cards import CardButton
from app.ui.chat.empty import EmptyConversation
from app.ui.chat.header import Header
from app.ui.chat.prose import TextView
from app.ui.chat.question import UserMessage
from app.ui.chat.reply import ReplyMessage
from app.ui.theme import Theme
from app.ui.tokens import DARK, LIGHT
from tests.helpers.fake_libraries import FakeModelLibrary, collection
from tests.helpers.fake_services import FIGURES, Script
from tests.helpers.screens_chat import ANSWER, MANUAL, QUESTION, SourceLibrary, checks, evidence
from tests.qt.chat.conftest import Stage


def ask(stage: Stage, text: str) -> None:
    composer = stage.page.pane.composer
    stage.qtbot.keyClicks(composer.input, text)
    stage.qtbot.keyClick(composer.input, Qt.Key.Key_Return)


def visible_text(stage: Stage, name: str) -> str:
    found = stage.find(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if not found.isHidden() else ""


def click(stage: Stage, kind: type[QPushButton | QToolButton], name: str) -> None:
    stage.qtbot.mouseClick(stage.find(kind, name), Qt.MouseButton.LeftButton)


# -- asking -----------------------------------------------------------------------------------------------------------


def test_a_first_question_makes_a_conversation_and_the_answer_streams_in(stage: Stage) -> None:
    stage.session.script = Script(("It is ", "**an", " answer", "**."))
    page = stage.open()
    assert page.conversation_id is None
    ask(stage, "What is it?")
    stage.until(lambda: len(page.pane.messages.widgets) == 2 and stage.last_reply().message.state == "complete")
    question, reply = page.pane.messages.widgets
    assert isinstance(question, UserMessage)
    assert question.message.text == "What is it?"
    assert isinstance(reply, ReplyMessage)
    assert reply.body.text == "It is **an answer**."
    assert page.pane.composer.draft == ""
    stage.until(lambda: page.pane.header.title.text() == "What is it?")


def test_shift_enter_makes_a_line_and_enter_sends(stage: Stage) -> None:
    page = stage.open()
    field = page.pane.composer.input
    height = field.height()
    stage.qtbot.keyClicks(field, "one")
    stage.qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    stage.qtbot.keyClicks(field, "two")
    assert field.height() > height
    stage.qtbot.keyClick(field, Qt.Key.Key_Return)
    stage.until(lambda: ("send", 1, "one\ntwo") in stage.session.calls)


def test_the_prompt_is_counted_while_it_is_read(stage: Stage) -> None:
    hold = threading.Event()
    stage.session.script = Script(("",), prompt_tokens=1800, hold=hold)
    stage.open()
    ask(stage, "Long?")
    stage.until(lambda: len(stage.page.pane.messages.widgets) == 2)
    name = f"message.{stage.last_reply().message.id}.progress"
    stage.until(lambda: visible_text(stage, name) == "Reading your question… 900 of 1,800 tokens")
    hold.set()
    stage.until(lambda: visible_text(stage, name) == "")


def test_stop_shows_at_once_and_keeps_what_was_there(stage: Stage) -> None:
    stage.session.script = Script(("Before", " never shown"), hold=threading.Event())
    page = stage.open()
    ask(stage, "Go")
    stage.until(lambda: len(page.pane.messages.widgets) == 2 and stage.last_reply().body.text == "Before")
    reply = stage.last_reply()
    assert page.pane.composer.send.toolTip() == "Stop (Esc)"
    click(stage, QToolButton, "composer.send")
    assert visible_text(stage, f"message.{reply.message.id}.progress") == "Stopping…"
    stage.hub.publish(TextArrived(1, reply.message.id, "too late"))
    stage.until(lambda: reply.message.state == "stopped")
    assert reply.body.text == "Before"
    assert visible_text(stage, f"message.{reply.message.id}.state") == "You stopped this answer."
    stage.until(lambda: page.pane.composer.send.toolTip() == "Send (Enter)")


def test_answering_again_keeps_the_old_answer_as_a_version(stage: Stage) -> None:
    stage.session.add("Old", ("Question", "Old answer"))
    page = stage.open()
    stage.session.script = Script(("New answer",))
    old = stage.last_reply()
    click(stage, QToolButton, f"message.{old.message.id}.regenerate")
    stage.until(lambda: stage.last_reply().body.text == "New answer")
    assert [widget.message.text for widget in page.pane.messages.widgets] == ["Question", "New answer"]
    new = stage.last_reply().message.id
    name = f"message.{new}.versions"
    stage.until(lambda: visible_text(stage, f"{name}.label") == "2 of 2")
    assert not stage.find(QToolButton, f"{name}.next").isEnabled()
    back = stage.find(QToolButton, f"{name}.previous")
    assert back.accessibleName() == "Previous version; 2 of 2 is shown"
    back.setFocus()
    stage.qtbot.keyClick(back, Qt.Key.Key_Space)
    stage.until(lambda: stage.last_reply().body.text == "Old answer")
    assert visible_text(stage, f"message.{old.message.id}.versions.label") == "1 of 2"
    # At the end the other arrow has the focus, so that the keyboard does not lose its place.
    assert stage.find(QToolButton, f"message.{old.message.id}.versions.next").hasFocus()


def test_a_question_that_fails_is_explained_and_kept(stage: Stage) -> None:
    stage.session.script = Script(problem=ModelError("No answer.", "The model is gone.", "Choose another."))
    page = stage.open()
    ask(stage, "Hello?")
    stage.until(lambda: visible_text(stage, "chat.problem.text") == "No answer. The model is gone. Choose another.")
    assert page.pane.composer.draft == "Hello?"
    assert page.pane.composer.send.isEnabled()


def test_a_reply_goes_on_while_another_conversation_is_open(stage: Stage) -> None:
    hold = threading.Event()
    other = stage.session.add("Other", ("a", "b"), age=timedelta(days=1))
    first = stage.session.add("First")
    stage.session.script = Script(("One ", "two"), hold=hold)
    page = stage.open()
    ask(stage, "Go")
    stage.until(lambda: len(page.pane.messages.widgets) == 2 and stage.last_reply().body.text == "One ")
    page.open(other)
    stage.until(lambda: stage.last_reply().message.text == "b")
    assert page.pane.composer.send.toolTip() == "Send (Enter)"
    page.open(first)
    stage.until(lambda: len(page.pane.messages.widgets) == 2 and stage.last_reply().body.text == "One ")
    hold.set()
    stage.until(lambda: stage.last_reply().body.text == "One two")


def test_drafts_stay_with_their_conversation(stage: Stage) -> None:
    other = stage.session.add("Other", age=timedelta(days=1))
    first = stage.session.add("First")
    page = stage.open()
    stage.until(lambda: page.conversation_id == first)
    stage.qtbot.keyClicks(page.pane.composer.input, "half a thought")
    page.open(other)
    assert page.pane.composer.draft == ""
    stage.until(lambda: stage.session.draft(first) == "half a thought")
    page.open(first)
    stage.until(lambda: page.pane.composer.draft == "half a thought")
    stage.qtbot.keyClick(page.pane.composer.input, Qt.Key.Key_Return)
    stage.until(lambda: stage.session.draft(first) == "")


def test_huge_pasted_text_is_kept_beside_the_input_and_sent_whole(stage: Stage) -> None:
    page = stage.open()
    text = "long line " * 100_000
    QGuiApplication.clipboard().setText(text)
    stage.qtbot.keyClicks(page.pane.composer.input, "Summarise: ")
    page.pane.composer.input.paste()
    assert page.pane.composer.input.document().characterCount() < 100
    stage.qtbot.keyClick(page.pane.composer.input, Qt.Key.Key_Return)
    stage.until(lambda: any(call[0] == "send" for call in stage.session.calls))
    assert ("send", 1, f"Summarise:\n\n{text}") in stage.session.calls


def test_without_any_model_the_composer_says_why(stage: Stage) -> None:
    stage.models = FakeModelLibrary(stage.hub.publish, [])
    stage.models.loaded.unload()
    stage.open()
    stage.until(lambda: visible_text(stage, "composer.hint").startswith("No model is loaded yet: add one"))
    stage.page.pane.composer.set_draft("Hello?")
    assert not stage.page.pane.composer.send.isEnabled()


# -- evidence ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def cited(stage: Stage) -> Stage:
    stage.session.add(
        "Warranty",
        (QUESTION, ANSWER),
        collection_ids=(1,),
        evidence=evidence(),
        checks=checks(),
        figures=FIGURES,
    )
    stage.open()
    return stage


def test_the_documents_answer_before_the_model(stage: Stage) -> None:
    hold = threading.Event()
    stage.session.script = Script(("",), evidence=evidence(), hold=hold)
    page = stage.open()
    ask(stage, QUESTION)
    stage.until(lambda: any(card.property("kind") == "quote" for card in page.findChildren(CardButton)))
    reply = stage.last_reply()
    assert reply.body.text == ""
    card = stage.find(CardButton, f"message.{reply.message.id}.evidence.quote1")
    assert card.accessibleName() == (
        "Quote from Standing desk manual.pdf › page 12 › Warranty › What is covered: "
        "The base is covered for five years against breakage under normal use."
    )
    stage.until(lambda: card.mapTo(reply, QPoint()).y() < reply.body.y())  # once it is laid out
    hold.set()
    stage.until(lambda: reply.message.state == "complete")


@pytest.mark.parametrize("with_page", [False, True])
def test_a_quote_opens_the_source_on_its_span(cited: Stage, with_page: bool) -> None:
    cited.documents.with_page = with_page
    page, reply = cited.page, cited.last_reply()
    assert page.source.isHidden()
    card = cited.find(CardButton, f"message.{reply.message.id}.evidence.quote2")
    card.setFocus()
    cited.qtbot.keyClick(card, Qt.Key.Key_Return)
    cited.until(lambda: page.source.cited_text() == MANUAL[MANUAL.index("To claim") :])
    assert not page.source.isHidden()
    assert page.source.page.isVisible() == with_page
    larger, smaller = page.source.findChild(QToolButton, "source.larger"), "source.smaller"
    assert larger.isVisible() == with_page
    if with_page:
        usual = page.source.page.width()
        larger.click()
        cited.until(lambda: page.source.page.width() > usual * 1.1)
        page.source.findChild(QToolButton, smaller).click()
        cited.until(lambda: page.source.page.width() == usual)
        assert not page.source.findChild(QToolButton, smaller).isEnabled()
    assert page.source.text.isVisible() != with_page
    page.close_source()
    assert page.source.isHidden()


def test_a_citation_in_the_answer_opens_its_span(cited: Stage) -> None:
    cited.last_reply().body.citation_clicked.emit(1, 442, 511)
    cited.until(lambda: bool(cited.page.source.cited_text()))
    assert cited.page.source.cited_text() == (MANUAL + "\n\n")[42:111]


def test_a_source_that_cannot_be_read_says_why(cited: Stage) -> None:
    cited.documents.problem = DocumentError("It cannot be opened.", "It is gone.", "Scan again.")
    click(cited, CardButton, f"message.{cited.last_reply().message.id}.sources.1")
    cited.until(lambda: visible_text(cited, "source.message") == "It cannot be opened. It is gone. Scan again.")


def test_unsupported_sentences_are_said_in_words(cited: Stage) -> None:
    reply = cited.last_reply()
    assert visible_text(cited, f"message.{reply.message.id}.checked") == (
        "2 sentences without support in the passages: grey and underlined with dots."
    )
    assert "accidental spills" in reply.body.accessibleDescription()
    assert visible_text(cited, f"message.{reply.message.id}.head").startswith("Model's summary — checked")


def test_a_sentence_that_its_source_says_in_part_is_explained_below_the_answer(stage: Stage) -> None:
    marked = [replace(check, support="partial") if check.support == "supported" else check for check in checks()][:2]
    stage.session.add(
        "Warranty", (QUESTION, ANSWER), collection_ids=(1,), evidence=evidence(), checks=(marked[0], marked[1])
    )
    stage.open()
    reply = stage.last_reply()
    assert visible_text(stage, f"message.{reply.message.id}.checked") == (
        "2 sentences marked “?”: the source says only a part of this."
    )
    assert reply.body.accessibleDescription().startswith("Supported only in part: ")


def test_sources_that_were_used_come_first_and_the_others_on_demand(cited: Stage) -> None:
    name = f"message.{cited.last_reply().message.id}.sources"
    assert cited.find(CardButton, f"{name}.1").isVisible()
    other = cited.find(CardButton, f"{name}.2")
    assert not other.isVisible()
    click(cited, QPushButton, f"{name}.others")
    assert other.isVisible()


def test_the_whole_answer_is_copied_as_it_was_written(cited: Stage) -> None:
    click(cited, QToolButton, f"message.{cited.last_reply().message.id}.copy")
    assert QGuiApplication.clipboard().text() == ANSWER
    QGuiApplication.clipboard().clear()
    cited.page.copy_last_reply()
    assert QGuiApplication.clipboard().text() == ANSWER


# -- conversations ----------------------------------------------------------------------------------------------------


def titles(stage: Stage) -> list[str]:
    model = stage.page.sidebar.model
    rows = [model.index(number) for number in range(model.rowCount())]
    return [str(row.data()) for row in rows if model.summary(row) is not None]


def test_deleting_offers_undo_which_brings_it_back(stage: Stage) -> None:
    stage.session.add("Keep", age=timedelta(days=1))
    gone = stage.session.add("Gone", ("a", "b"))
    page = stage.open()
    with stage.qtbot.waitSignal(page.undo_offered) as offered:
        stage.qtbot.keyClick(page.sidebar.list, Qt.Key.Key_Delete)
    stage.until(lambda: titles(stage) == ["Keep"])
    assert page.pane.header.title.text() == "Keep"
    text, undo = offered.args
    assert text == "Deleted “Gone”."
    undo()
    stage.until(lambda: titles(stage) == ["Gone", "Keep"] and page.conversation_id == gone)


def test_a_title_is_edited_in_place(stage: Stage) -> None:
    number = stage.session.add("Old title")
    page = stage.open()
    page.sidebar.list.setFocus()
    stage.qtbot.keyClick(page.sidebar.list, Qt.Key.Key_F2)
    editor = page.sidebar.list.findChild(QLineEdit, "sidebar.rename")
    assert editor is not None
    editor.setText("  A better   title ")
    stage.qtbot.keyClick(editor, Qt.Key.Key_Return)
    stage.until(lambda: stage.session.title(number) == "A better title")
    stage.until(lambda: page.pane.header.title.text() == "A better title")
    assert page.sidebar.list.state() != QAbstractItemView.State.EditingState


def test_search_narrows_the_list_as_one_types(stage: Stage) -> None:
    for number in range(500):
        stage.session.add(f"Talk {number}", age=timedelta(hours=number))
    page = stage.open()
    page.focus_search()
    stage.qtbot.keyClicks(page.sidebar.search, "talk 49")
    stage.until(lambda: len(titles(stage)) == 11)
    stage.qtbot.keyClicks(page.sidebar.search, "zzz")
    stage.until(lambda: visible_text(stage, "sidebar.empty") == "No conversation contains this.")
    page.sidebar.search.clear()
    stage.until(lambda: len(titles(stage)) == 500)


def test_new_chat_is_stored_only_when_something_is_said(stage: Stage) -> None:
    stage.session.add("Old", ("a", "b"))
    page = stage.open()
    click(stage, QPushButton, "sidebar.new")
    assert page.conversation_id is None
    assert page.pane.header.title.text() == "New conversation"
    assert len(stage.session.list_conversations()) == 1
    page.attach_collection(1)
    stage.until(lambda: stage.session.list_conversations()[0].collection_ids == (1,))
    stage.until(lambda: page.findChild(QPushButton, "header.collection.1") is not None)
    click(stage, QToolButton, "header.collection.1.detach")
    stage.until(lambda: stage.session.list_conversations()[0].collection_ids == ())


def test_a_conversation_in_which_nothing_is_is_not_kept(stage: Stage) -> None:
    old = stage.session.add("Old", ("a", "b"), age=timedelta(days=1))
    with_draft = stage.session.add("New conversation", age=timedelta(hours=2))
    stage.session.save_draft(with_draft, "What I meant to ask")
    stage.session.add("New conversation", age=timedelta(hours=1))
    page = stage.open()
    page.open(with_draft)
    stage.until(lambda: page.pane.composer.draft == "What I meant to ask")
    page.open(old)
    stage.until(lambda: titles(stage) == ["New conversation", "Old"])
    page.new_conversation()
    page.attach_collection(1)
    stage.until(lambda: page.findChild(QPushButton, "header.collection.1") is not None)
    page.open(old)
    stage.until(lambda: len(titles(stage)) == 3)
    page.open(stage.session.list_conversations()[0].id)
    stage.until(lambda: page.findChild(QPushButton, "header.collection.1") is not None)
    click(stage, QToolButton, "header.collection.1.detach")
    stage.until(lambda: all(entry.collection_ids == () for entry in stage.session.list_conversations()))
    stage.until(lambda: page.findChild(QPushButton, "header.collection.1") is None)
    page.new_conversation()
    stage.until(lambda: titles(stage) == ["New conversation", "Old"])


def test_asking_about_a_collection_twice_makes_one_conversation(stage: Stage) -> None:
    old = stage.session.add("Old", ("a", "b"), age=timedelta(days=1))
    page = stage.open()
    page.ask_about(1)
    stage.until(lambda: page.findChild(QPushButton, "header.collection.1") is not None)
    made = page.conversation_id
    page.open(old)
    page.ask_about(1)
    assert page.conversation_id == made
    assert len(stage.session.list_conversations()) == 2
    ask(stage, "What is covered?")
    stage.until(lambda: not page.replies.is_busy and len(page.pane.messages.messages) == 2)
    stage.until(lambda: titles(stage)[0] == "What is covered?")
    page.ask_about(1)
    stage.until(lambda: len(stage.session.list_conversations()) == 3)


def test_two_collections_attached_at_once_share_one_new_conversation(stage: Stage) -> None:
    page = stage.open()
    page.attach_collection(1)
    page.attach_collection(2)
    stage.until(lambda: [set(entry.collection_ids) for entry in stage.session.list_conversations()] == [{1, 2}])


def test_a_collection_chip_leads_to_its_files(stage: Stage) -> None:
    stage.session.add("With documents", collection_ids=(2,))
    page = stage.open()
    stage.until(lambda: page.findChild(QPushButton, "header.collection.2") is not None)
    with stage.qtbot.waitSignal(page.open_documents_page) as opened:
        click(stage, QPushButton, "header.collection.2")
    assert opened.args == [2]


def test_a_collection_chip_counts_what_is_read_and_what_is_found_by_meaning(stage: Stage) -> None:
    reading = collection(
        2, "Manuals", phase="indexing", files=3000, indexed=1500, skipped=0, failed=0, pending=1500,
        chunks=2700, embedded=0, seconds_left=130.0,
    )  # fmt: skip
    stage.documents.put(reading)
    stage.session.add("With documents", collection_ids=(2,))
    page = stage.open()
    stage.until(lambda: page.findChild(QPushButton, "header.collection.2") is not None)
    chip = page.findChild(QPushButton, "header.collection.2")
    assert chip.text().strip() == "Manuals: 7 %"
    assert chip.toolTip().startswith("1,500 of 3,000 files read, about 2 minutes left.")

    read = msgspec.structs.replace(reading, indexed=3000, pending=0, chunks=5400, embedded=1200, seconds_left=42.0)
    stage.hub.publish(CollectionsChanged((*stage.documents.collections()[:1], read)))
    stage.until(lambda: chip.text().strip() == "Manuals: 33 %")
    assert chip.toolTip().startswith("3,000 files read; 1,200 of 5,400 passages ready, about 40 seconds left.")
    nearly = msgspec.structs.replace(read, embedded=5399)
    stage.hub.publish(CollectionsChanged((*stage.documents.collections()[:1], nearly)))
    stage.until(lambda: chip.text().strip() == "Manuals: 99 %")
    done = msgspec.structs.replace(read, phase="idle", embedded=5400, seconds_left=None)
    stage.hub.publish(CollectionsChanged((*stage.documents.collections()[:1], done)))
    stage.until(lambda: chip.text().strip() == "Manuals")


@pytest.mark.parametrize(("unfinished", "beside"), [(0, ""), (1, "One file is not indexed yet; ask again when it is.")])
def test_what_the_card_says_is_not_said_again_below_it(stage: Stage, unfinished: int, beside: str) -> None:
    text = not_found_answer(unfinished)
    nothing = replace(evidence(), quotes=(), found=False)
    stage.session.add("Nothing", ("What is the meaning of life?", text), evidence=nothing)
    stage.open()
    reply = stage.last_reply()
    assert (reply.body.text, reply.body.isHidden()) == (beside, not beside)
    assert reply.message.text == text
    stage.page.copy_last_reply()
    assert QGuiApplication.clipboard().text() == text


# -- models -----------------------------------------------------------------------------------------------------------


def test_the_picker_names_the_model_and_loads_another(stage: Stage) -> None:
    page = stage.open()
    header = page.pane.header
    stage.until(lambda: header.model.text().strip() == "SmolLM2 135M Instruct")
    menu = header.model_menu()
    assert [action.text() for action in menu.actions() if action.text()] == [
        "SmolLM2 135M Instruct  ·  91.7 MB",
        "Qwen3 1.7B Instruct  ·  1.3 GB",
        "Manage models…",
    ]
    menu.actions()[1].trigger()
    stage.until(lambda: header.model.text().strip() == "Qwen3 1.7B Instruct")


def test_before_a_model_is_loaded_the_picker_names_the_one_that_will_be(stage: Stage) -> None:
    stage.models.loaded.unload()
    page = stage.open()
    assert page.pane.header.model.text().strip() == "SmolLM2 135M Instruct"
    assert page.pane.header.model.toolTip().startswith("It loads with your question.")
    checked = [action.text() for action in page.pane.header.model_menu().actions() if action.isChecked()]
    assert checked == ["SmolLM2 135M Instruct  ·  91.7 MB"]


def test_loading_and_failing_are_said_in_words(stage: Stage) -> None:
    page = stage.open()
    chosen = stage.models.models()[0]
    page.pane.composer.set_draft("Hello")
    stage.hub.publish(ModelStateChanged(ModelState("loading", chosen, fraction=0.4)))
    stage.until(lambda: page.pane.header.model.text().strip() == "SmolLM2 135M Instruct: loading 40 %")
    assert page.pane.composer.send.isEnabled(), "the documents answer meanwhile"
    assert "is being loaded: 40 %" in visible_text(stage, "composer.hint")
    stage.hub.publish(ModelStateChanged(ModelState("failed", chosen, problem="It needs more memory.")))
    stage.until(lambda: visible_text(stage, "composer.hint") == "It needs more memory.")
    assert page.pane.composer.send.isEnabled()


def test_after_a_crash_the_header_and_the_composer_stay_calm(stage: Stage) -> None:
    page = stage.open()
    state = ModelState("failed", stage.models.models()[0], problem="The model's process ended.", crashed=True)
    stage.hub.publish(ModelStateChanged(state))
    stage.until(lambda: page.pane.header.model.toolTip().startswith("It loads again with your question."))
    assert page.pane.header.model.text().strip() == "SmolLM2 135M Instruct"
    assert visible_text(stage, "composer.hint") != state.problem


def test_a_waiting_reply_says_that_the_model_is_being_loaded(stage: Stage) -> None:
    hold = threading.Event()
    stage.session.script = Script(("",), hold=hold)
    stage.open()
    ask(stage, "Hello?")
    stage.until(lambda: len(stage.page.pane.messages.widgets) == 2)
    stage.hub.publish(ModelStateChanged(ModelState("loading", stage.models.models()[0], fraction=0.25)))
    name = f"message.{stage.last_reply().message.id}.progress"
    stage.until(lambda: visible_text(stage, name) == "Loading the model… 25 %")
    hold.set()
    stage.until(lambda: stage.last_reply().message.state == "complete")


def test_a_new_conversation_offers_the_collections_there_are(stage: Stage) -> None:
    stage.open()
    stage.until(lambda: stage.page.findChild(QPushButton, "empty.example2") is not None)
    offer = stage.find(QPushButton, "empty.example2")
    assert isinstance(offer, QPushButton)
    assert offer.text() == "Ask the documents in “Trip notes”"
    stage.qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    stage.until(lambda: [entry.collection_ids for entry in stage.session.list_conversations()] == [(2,)])
    stage.until(lambda: visible_text(stage, "empty.title") == "Ask about your documents")


def test_another_theme_draws_the_messages_anew(cited: Stage) -> None:
    def colour() -> str:
        view = cited.last_reply().body.findChild(TextView)
        assert view is not None
        return view.document().find("five years").charFormat().foreground().color().name()

    assert colour() == LIGHT.text
    cited.theme.choose("dark")
    assert colour() == DARK.text


# -- long conversations -----------------------------------------------------------------------------------------------


@pytest.fixture
def long_one(stage: Stage) -> Stage:
    stage.session.add("Long", [f"Message {number}\n\nwith two paragraphs" for number in range(1000)])
    stage.open()
    return stage


def test_a_thousand_messages_build_only_the_end(long_one: Stage) -> None:
    messages = long_one.page.pane.messages
    assert messages.built <= FIRST * 2
    assert messages.widgets[-1].message.text.startswith("Message 999")
    long_one.until(lambda: messages.area.verticalScrollBar().value() == messages.area.verticalScrollBar().maximum() > 0)


def test_scrolling_up_builds_more_and_never_more_than_the_window(long_one: Stage) -> None:
    messages = long_one.page.pane.messages
    bar = messages.area.verticalScrollBar()
    long_one.until(lambda: bar.maximum() > 0)
    for _ in range(12):
        before = messages.widgets[0].message.id
        bar.setValue(bar.minimum())
        long_one.until(lambda before=before: messages.widgets[0].message.id < before)
        long_one.until(lambda: bar.value() > 0)  # what was seen is where it was
        assert len(messages.widgets) <= WINDOW
        ids = [widget.message.id for widget in messages.widgets]
        assert ids == sorted(ids)
    assert messages.widgets[-1].message.id != messages.messages[-1].id
    click(long_one, QPushButton, "conversation.latest")
    assert messages.widgets[-1].message.id == messages.messages[-1].id
    long_one.until(lambda: bar.value() == bar.maximum())


def test_new_text_is_followed_unless_one_scrolled_up(long_one: Stage) -> None:
    hold = threading.Event()
    long_one.session.script = Script(("Start. ",), hold=hold)
    messages = long_one.page.pane.messages
    bar = messages.area.verticalScrollBar()
    ask(long_one, "Go")
    long_one.until(lambda: long_one.last_reply().body.text == "Start. ")
    reply = long_one.last_reply()

    def more(text: str) -> None:
        height = reply.height()
        long_one.hub.publish(TextArrived(reply.message.conversation_id, reply.message.id, text))
        long_one.until(lambda: reply.height() > height)

    more("\n\nparagraph" * 60)
    long_one.until(lambda: bar.value() == bar.maximum())
    bar.setValue(bar.maximum() - 300)
    stays = bar.value()
    more("\n\nparagraph" * 30)
    assert bar.value() == stays
    jump = long_one.find(QPushButton, "conversation.latest")
    assert jump.isVisible()
    long_one.qtbot.mouseClick(jump, Qt.MouseButton.LeftButton)
    long_one.until(lambda: bar.value() == bar.maximum() and not jump.isVisible())
    more("\n\nparagraph" * 30)
    long_one.until(lambda: bar.value() == bar.maximum())
    hold.set()
    long_one.until(lambda: reply.message.state == "complete")


# -- the window's size and keys ---------------------------------------------------------------------------------------


def test_a_small_window_makes_room_for_the_source(cited: Stage) -> None:
    cited.page.resize(828, 600)
    click(cited, CardButton, f"message.{cited.last_reply().message.id}.evidence.quote1")
    cited.until(lambda: bool(cited.page.source.cited_text()))
    assert not cited.page.sidebar.isVisible()
    assert cited.page.minimumSizeHint().width() <= 828
    assert cited.page.pane.messages.area.widget().width() <= cited.page.pane.messages.area.viewport().width()
    cited.qtbot.keyClick(cited.page.source, Qt.Key.Key_Escape)
    assert cited.page.source.isHidden()
    assert cited.page.sidebar.isVisible()


def test_the_conversations_make_room_for_a_source_when_the_window_is_made_smaller(cited: Stage) -> None:
    cited.page.resize(1200, 600)
    click(cited, CardButton, f"message.{cited.last_reply().message.id}.evidence.quote1")
    cited.until(lambda: bool(cited.page.source.cited_text()))
    assert cited.page.sidebar.isVisible()
    cited.page.resize(900, 600)
    assert not cited.page.sidebar.isVisible()
    cited.page.resize(1200, 600)
    assert cited.page.sidebar.isVisible()
    cited.page.resize(900, 600)
    cited.until(lambda: cited.page.minimumWidth() <= 636)
    cited.page.resize(636, 520)
    cited.until(lambda: cited.page.source.geometry().right() < 636)
    click(cited, QToolButton, "header.sidebar")
    assert cited.page.sidebar.isVisible()
    assert cited.page.source.isHidden()


def test_collections_without_room_fold_into_a_menu(stage: Stage) -> None:
    stage.documents = SourceLibrary(
        stage.hub.publish, [collection(n, f"Accounts and letters {n}") for n in range(1, 6)]
    )
    stage.session.add("Money", (), collection_ids=(1, 2, 3, 4, 5))
    page = stage.open(width=1400)
    chips = page.pane.header.chips
    stage.until(lambda: len(chips.chips) == 5 and chips.chips[0].isVisible())
    page.resize(620, 600)
    shown = [chip for chip in chips.chips if chip.isVisible()]
    assert 1 <= len(shown) < 5
    assert all(chip.geometry().right() < chips.width() for chip in shown)
    assert chips.more.text() == f"+{5 - len(shown)}"
    left: list[int] = []
    chips.detached.connect(left.append)
    folded = chips.more_menu().actions()
    assert [action.text() for action in folded] == [chip.text for chip in chips.chips if not chip.isVisible()]
    last = folded[-1].menu()
    assert isinstance(last, QMenu)
    last.actions()[-1].trigger()
    assert left == [5]


def test_a_long_name_of_a_model_leaves_room_for_the_title(stage: Stage) -> None:
    stage.session.add("A title that is rather long as well", ("Hi", "Hello!"))
    page = stage.open(width=640)
    header = page.pane.header
    header.resize(320, header.height())
    assert header.model.shown_text().endswith("…")
    assert header.title.width() > 80
    assert header.model.accessibleName() == "Model: SmolLM2 135M Instruct"


def test_every_control_has_a_name_for_tests_and_screen_readers(cited: Stage) -> None:
    controls = [w for kind in (QPushButton, QToolButton, QLineEdit) for w in cited.page.findChildren(kind)]
    own = [w for w in controls if not w.objectName().startswith("qt_") and w.parent() is not None]
    nameless = [w for w in own if not w.objectName() or not (w.accessibleName() or w.isHidden())]
    # The clear button inside a line edit is Qt's own.
    assert [w for w in nameless if not isinstance(w.parent(), QLineEdit)] == []


def test_in_a_low_window_the_empty_conversation_scrolls(qtbot: QtBot, theme: Theme) -> None:
    empty = EmptyConversation(theme)
    qtbot.addWidget(empty)
    empty.resize(320, 180)
    empty.show()
    for name in ("empty.title", "empty.words"):
        words = empty.findChild(QLabel, name)
        qtbot.waitUntil(lambda words=words: words.height() >= words.heightForWidth(words.width()), timeout=5000)


def test_a_second_collection_shows_its_chip_at_once(qtbot: QtBot, theme: Theme) -> None:
    header = Header(theme, list)
    qtbot.addWidget(header)
    header.resize(900, 90)
    header.show()
    infos = [collection(1), collection(2)]
    header.show_collections(infos[:1], (1,))
    qtbot.waitUntil(lambda: header.chips.chips[0].isVisible(), timeout=5000)
    header.show_collections(infos, (1, 2))
    qtbot.waitUntil(lambda: all(chip.isVisible() for chip in header.chips.chips), timeout=5000)
    first, second = header.chips.chips
    qtbot.waitUntil(lambda: first.x() == 0 and 0 < second.x() - first.width() < 12, timeout=5000)
