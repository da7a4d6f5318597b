"""A question from the moment it is sent: order of events, what is saved when, stops, failures, several at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from app.core.database import Database
from app.core.errors import BusyError, DiskFull, ModelError, SatchelError, WorkerDied
from app.core.paths import Home
from app.models.preset import Preset
from app.services.chat_session import ChatSession
from app.services.documents import DocumentLibrary
from app.services.events import EvidenceFound, MessageAdded, MessageFinished, ReplyStep, TextArrived
from app.storage.conversations import Conversations
from app.storage.schema import open_database
from app.storage.settings import ChatChoices, SamplingChoices, SettingsFile
from tests.helpers.scripted import (
    TOWER,
    Recorder,
    ScriptedInference,
    ScriptedKnowledge,
    ScriptedModel,
)

DIED = WorkerDied("The model's process ended unexpectedly.", "It was killed.", "It starts again.")


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    opened = open_database(home)
    yield opened
    opened.close()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def session_with(database: Database, home: Home, recorder: Recorder) -> Iterator[Callable[..., ChatSession]]:
    made: list[ChatSession] = []

    def make(inference: Any = None, knowledge: Any = None, model: Any = None, conversations: Any = None) -> ChatSession:
        session = ChatSession(
            conversations or Conversations(database),
            inference or ScriptedInference(),
            DocumentLibrary(knowledge or ScriptedKnowledge(), recorder),
            model or ScriptedModel(),
            SettingsFile(home.settings_file),
            recorder,
        )
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()


def test_a_chat_streams_and_is_saved(session_with: Any, recorder: Recorder, database: Database) -> None:
    inference = ScriptedInference(["Hel", "lo."], ["Again."])
    session = session_with(inference)
    made = session.new_conversation()
    reply = session.send(made.id, "Hi?")
    assert (reply.text, reply.state, reply.model) == ("Hello.", "complete", "Scripted")
    assert reply.figures is not None
    kinds = [type(e) for e in recorder.events if isinstance(e, MessageAdded | TextArrived | MessageFinished)]
    assert kinds == [MessageAdded, MessageAdded, TextArrived, TextArrived, MessageFinished]
    assert Conversations(database).path(made.id)[-1] == reply
    session.send(made.id, "And?")
    assert [(m.role, m.content) for m in inference.asked[1][0]][1:] == [
        ("user", "Hi?"),
        ("assistant", "Hello."),
        ("user", "And?"),
    ]
    assert session.list_conversations()[0].title == "Hi?"


def test_the_loaded_models_preset_holds_over_the_general_settings(session_with: Any, home: Home) -> None:
    settings = SettingsFile(home.settings_file)
    general = replace(settings.current, chat=ChatChoices(instructions="General."), sampling=SamplingChoices(top_k=7))
    settings.save(general)
    inference, model = ScriptedInference(["One.", "Two.", "Three."]), ScriptedModel()
    session = session_with(inference, model=model)
    made = session.new_conversation()
    session.send(made.id, "Hi?")
    model.preset = Preset(system_prompt="Only this model's.", temperature=0.0)
    session.send(made.id, "And?")
    session.attach(made.id, 1)
    session.send(made.id, "How high is the tower?")
    asked = [(messages[0].content, sampling.temperature, sampling.top_k) for messages, sampling, _ in inference.asked]
    assert asked[0] == ("General.", 0.7, 7)
    assert asked[1] == ("Only this model's.", 0.0, 7)
    assert asked[2][1:] == (0.2, 7), "answers from documents have a temperature of their own"


def test_what_stayed_empty_is_gone_after_the_end(session_with: Any, database: Database) -> None:
    session = session_with(ScriptedInference(["Hello."]))
    said, attached, _empty = (session.new_conversation().id for _ in range(3))
    session.send(said, "Hi?")
    session.attach(attached, 1)
    session.close()
    assert {summary.id for summary in Conversations(database).summaries()} == {said, attached}


def test_the_question_is_on_the_disk_before_anything_else(session_with: Any, database: Database) -> None:
    seen: list[str] = []

    class Looking(ScriptedKnowledge):
        def search(self, *args: Any, **kwargs: Any) -> Any:
            seen.extend(text for (text,) in database.query("SELECT text FROM messages ORDER BY id"))
            return super().search(*args, **kwargs)

    session = session_with(knowledge=Looking())
    made = session.new_conversation()
    session.attach(made.id, 1)
    session.send(made.id, "How high is the tower?")
    assert seen == ["How high is the tower?", ""]


def test_documents_answer_before_the_model_loads(session_with: Any, recorder: Recorder) -> None:
    inference = ScriptedInference(["It is 330 metres high", ". It is blue."])
    session = session_with(inference)
    made = session.new_conversation()
    session.attach(made.id, 1)
    reply = session.send(made.id, "How high is the tower?")
    order = [e.phase if isinstance(e, ReplyStep) else type(e).__name__ for e in recorder.events]
    assert order.index("EvidenceFound") < order.index("loading") < order.index("TextArrived") < order.index("checking")
    assert [check.support for check in reply.checks] == ["supported", "unsupported"]
    messages, sampling, _ = inference.asked[0]
    assert "330 metres" in messages[-1].content
    assert "How high is the tower?" in messages[-1].content
    assert sampling.temperature == 0.2
    assert reply.evidence is not None
    assert reply.evidence.found


def test_not_in_the_documents_needs_no_model(session_with: Any, recorder: Recorder) -> None:
    inference = ScriptedInference()
    session = session_with(inference, ScriptedKnowledge(pending=3))
    made = session.new_conversation()
    session.attach(made.id, 1)
    reply = session.send(made.id, "Who baked the bread?")
    assert inference.asked == []
    assert reply.state == "complete"
    assert reply.text.startswith("I found nothing in your documents")
    assert "3 files are not indexed yet" in reply.text
    assert reply.evidence is not None
    assert reply.evidence.passages
    assert recorder.of(EvidenceFound)[0].message_id == reply.id


def test_the_model_can_be_asked_without_the_documents_and_says_so(session_with: Any, database: Database) -> None:
    inference, knowledge = ScriptedInference(["A baker, I think."]), ScriptedKnowledge()
    session = session_with(inference, knowledge)
    made = session.new_conversation()
    session.attach(made.id, 1)
    nothing = session.send(made.id, "Who baked the bread?")
    reply = session.regenerate(made.id, use_documents=False)
    assert (reply.text, reply.evidence, reply.checks) == ("A baker, I think.", None, ())
    assert knowledge.queries == ["Who baked the bread?"]
    assert [message.content for message in inference.asked[0][0]][1:] == ["Who baked the bread?"]
    assert Conversations(database).path(made.id)[-1] == reply  # the label too
    assert [version.without_documents for version in session.versions(nothing.id)] == [False, True]
    assert "Without your documents: the model's own words, not checked." in session.export_markdown(made.id)
    session.regenerate(made.id)
    assert len(knowledge.queries) == 2


def test_without_attached_documents_there_is_nothing_to_say_about_them(session_with: Any) -> None:
    session = session_with()
    made = session.new_conversation()
    session.send(made.id, "Hi?")
    assert not session.regenerate(made.id, use_documents=False).without_documents


def test_small_talk_is_answered_without_a_search_and_nothing_leans_on_it(session_with: Any) -> None:
    knowledge, inference = ScriptedKnowledge(), ScriptedInference(["330 metres"], ["You're welcome."], ["1889"])
    session = session_with(inference, knowledge)
    made = session.new_conversation()
    session.attach(made.id, 1)
    session.send(made.id, "How high is the tower?")
    reply = session.send(made.id, "Thanks!")
    assert (reply.text, reply.evidence, reply.without_documents) == ("You're welcome.", None, False)
    session.send(made.id, "And when was it built?")
    assert knowledge.queries == ["How high is the tower?", "tower And when was it built?"]
    contents = [message.content for message in inference.asked[2][0]]
    assert contents[1:3] == ["How high is the tower?", "330 metres"]


def test_an_edited_question_is_a_version_beside_the_old_one(session_with: Any) -> None:
    inference = ScriptedInference(["One"], ["Two"], ["Three"])
    session = session_with(inference)
    made = session.new_conversation()
    session.send(made.id, "First?")
    session.send(made.id, "Secnod?")
    second = session.messages(made.id)[2]
    session.save_draft(made.id, "not sent yet")
    reply = session.edit(made.id, second.id, "Second?")
    assert [message.text for message in session.messages(made.id)] == ["First?", "One", "Second?", "Three"]
    assert [message.content for message in inference.asked[2][0]][1:] == ["First?", "One", "Second?"]
    assert [version.text for version in session.versions(reply.parent_id)] == ["Secnod?", "Second?"]
    assert session.draft(made.id) == "not sent yet"
    session.show_version(second.id)
    assert [message.text for message in session.messages(made.id)] == ["First?", "One", "Secnod?", "Two"]
    with pytest.raises(SatchelError, match="nothing to send"):
        session.edit(made.id, second.id, " ")


def test_a_follow_up_is_searched_with_what_it_leans_on(session_with: Any) -> None:
    knowledge, inference = ScriptedKnowledge(), ScriptedInference(["330 metres"], ["1889"])
    session = session_with(inference, knowledge)
    made = session.new_conversation()
    session.attach(made.id, 1)
    session.send(made.id, "How high is the tower?")
    reply = session.send(made.id, "And when was it built?")
    assert knowledge.queries[1] == "tower And when was it built?"
    assert reply.evidence is not None
    assert reply.evidence.query == knowledge.queries[1]
    contents = [message.content for message in inference.asked[1][0]]
    assert contents[1:3] == ["How high is the tower?", "330 metres"]


def test_documents_stand_when_the_model_cannot_load(session_with: Any) -> None:
    problem = ModelError("The model could not be loaded.", "It is damaged.", "Choose another.")
    session = session_with(model=ScriptedModel(problem=problem))
    made = session.new_conversation()
    session.attach(made.id, 1)
    reply = session.send(made.id, "How high is the tower?")
    assert reply.state == "failed"
    assert reply.problem == str(problem)
    assert reply.evidence is not None
    assert reply.evidence.quotes[0].text in TOWER


def test_a_worker_that_dies_early_is_tried_once_more(session_with: Any) -> None:
    inference = ScriptedInference([DIED], ["Now."])
    session = session_with(inference)
    reply = session.send(session.new_conversation().id, "Hi?")
    assert (reply.text, reply.state) == ("Now.", "complete")
    assert len(inference.asked) == 2


def test_a_worker_that_dies_twice_is_said(session_with: Any) -> None:
    session = session_with(ScriptedInference([DIED]))
    reply = session.send(session.new_conversation().id, "Hi?")
    assert (reply.text, reply.state, reply.problem) == ("", "failed", str(DIED))


def test_a_worker_that_dies_in_the_middle_leaves_its_text_and_the_session_goes_on(
    session_with: Any, database: Database
) -> None:
    inference = ScriptedInference(["So ", "far", DIED], ["Whole."])
    session = session_with(inference)
    made = session.new_conversation()
    reply = session.send(made.id, "Hi?")
    assert (reply.text, reply.state, reply.problem) == ("So far", "interrupted", str(DIED))
    assert Conversations(database).message(reply.id) == reply
    assert session.regenerate(made.id).text == "Whole."
    assert [version.text for version in session.versions(reply.id)] == ["So far", "Whole."]
    session.show_version(reply.id)
    assert session.messages(made.id)[-1] == reply


def test_the_text_is_saved_while_it_streams(session_with: Any, database: Database) -> None:
    go_on = threading.Event()
    inference = ScriptedInference(["Some", " words", go_on, " and the end."])
    session = session_with(inference)
    made = session.new_conversation()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(session.send, made.id, "Hi?")
        assert inference.at_pause.wait(10)
        saved = _poll(lambda: database.query("SELECT text FROM messages WHERE state = 'streaming' AND text <> ''"))
        assert saved == [("Some words",)]
        go_on.set()
        assert sending.result(10).text == "Some words and the end."


def test_a_disk_that_is_full_for_a_while_does_not_end_the_reply(session_with: Any, database: Database) -> None:
    go_on = threading.Event()

    class FullForAWhile(Conversations):
        def save_text(self, message_id: int, text: str) -> None:
            go_on.set()
            raise DiskFull("Your conversations could not be saved.", "The disk is full.", "Free some space.")

    session = session_with(ScriptedInference(["Some", go_on, " text"]), conversations=FullForAWhile(database))
    made = session.new_conversation()
    assert session.send(made.id, "Hi?").state == "complete"
    assert Conversations(database).path(made.id)[-1].text == "Some text"


def test_half_characters_of_a_clipboard_are_replaced(session_with: Any) -> None:
    session = session_with()
    made = session.new_conversation()
    assert session.send(made.id, "Hi \ud83d there?").state == "complete"
    assert session.messages(made.id)[0].text == "Hi ? there?"


def test_stop_keeps_what_there_is(session_with: Any) -> None:
    inference = ScriptedInference(["Once", threading.Event(), " upon"])
    session = session_with(inference)
    made = session.new_conversation()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(session.send, made.id, "Tell me")
        assert inference.at_pause.wait(10)
        session.stop(made.id)
        reply = sending.result(10)
    assert (reply.text, reply.state, reply.problem) == ("Once", "stopped", "")
    session.stop(made.id)  # nothing under way: nothing happens


def test_stop_does_not_wait_for_a_model_that_loads(session_with: Any, recorder: Recorder) -> None:
    release = threading.Event()

    class Slow(ScriptedModel):
        def ensure(self) -> Any:
            release.wait(30)
            return super().ensure()

    session = session_with(model=Slow())
    made = session.new_conversation()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(session.send, made.id, "Hi?")
        recorder.wait_for(lambda e: isinstance(e, ReplyStep) and e.phase == "loading")
        session.stop(made.id)
        assert sending.result(10).state == "stopped"
    release.set()


def test_two_conversations_take_turns_and_the_second_can_be_stopped_while_it_waits(
    session_with: Any, recorder: Recorder
) -> None:
    go_on = threading.Event()
    inference = ScriptedInference(["One", go_on], ["Three"])
    session = session_with(inference)
    first, second, third = (session.new_conversation() for _ in range(3))
    with ThreadPoolExecutor(3) as pool:
        one = pool.submit(session.send, first.id, "1")
        assert inference.at_pause.wait(10)
        two = pool.submit(session.send, second.id, "2")
        recorder.wait_for(lambda e: isinstance(e, ReplyStep) and (e.conversation_id, e.phase) == (second.id, "waiting"))
        three = pool.submit(session.send, third.id, "3")
        recorder.wait_for(lambda e: isinstance(e, ReplyStep) and (e.conversation_id, e.phase) == (third.id, "waiting"))
        with pytest.raises(BusyError, match="still being answered"):
            session.send(first.id, "again")
        session.stop(second.id)
        assert two.result(10).state == "stopped"
        assert not one.done()
        go_on.set()
        assert one.result(10).text == "One"
        assert three.result(10).text == "Three"


def test_a_cut_reply_says_why(session_with: Any) -> None:
    session = session_with(ScriptedInference(["Long"], stop_reason="context"))
    reply = session.send(session.new_conversation().id, "Hi?")
    assert reply.state == "cut"
    assert "context is full" in reply.problem


def test_a_message_too_long_for_the_model_is_said_and_kept(session_with: Any) -> None:
    session = session_with()
    made = session.new_conversation()
    reply = session.send(made.id, "word " * 2000)
    assert reply.state == "failed"
    assert "too long for the model" in reply.problem
    assert session.messages(made.id)[0].text.count("word") == 2000


def test_left_out_messages_are_counted(session_with: Any) -> None:
    inference = ScriptedInference(["answer " * 100])
    session = session_with(inference)
    made = session.new_conversation()
    counts = [session.send(made.id, f"question {number} " + "x " * 98).left_out for number in range(5)]
    assert counts[:2] == [0, 0]
    assert counts[-1] > 0
    assert len(inference.asked[-1][0]) == 2 + 2 * 4 - counts[-1]


def test_a_dead_knowledge_worker_is_asked_once_more_then_said(session_with: Any) -> None:
    dead = WorkerDied("The documents' process ended unexpectedly.")
    inference = ScriptedInference(["330"])
    session = session_with(inference, ScriptedKnowledge(failures=[dead, dead, dead]))
    made = session.new_conversation()
    session.attach(made.id, 1)
    reply = session.send(made.id, "How high is the tower?")
    assert reply.state == "failed"
    assert reply.problem == str(dead)
    assert inference.asked == []
    assert session.regenerate(made.id).state == "complete"  # the third death, then an answer


def test_an_answer_that_cannot_be_checked_stands_with_words(session_with: Any) -> None:
    knowledge = ScriptedKnowledge()
    knowledge.check_failure = WorkerDied("The documents' process ended unexpectedly.")
    session = session_with(ScriptedInference(["330 metres"]), knowledge)
    made = session.new_conversation()
    session.attach(made.id, 1)
    reply = session.send(made.id, "How high is the tower?")
    assert reply.text == "330 metres"
    assert "could not be checked" in reply.problem


def test_a_bug_is_raised_and_what_there_is_is_saved(session_with: Any, database: Database) -> None:
    class Broken(ScriptedModel):
        def ensure(self) -> Any:
            raise ZeroDivisionError

    session = session_with(model=Broken())
    made = session.new_conversation()
    with pytest.raises(ZeroDivisionError):
        session.send(made.id, "Hi?")
    assert "inside Satchel" in session.messages(made.id)[-1].problem
    assert not session.is_answering(made.id)


def test_closing_stops_what_runs_and_refuses_more(session_with: Any) -> None:
    inference = ScriptedInference(["Once", threading.Event()])
    session = session_with(inference)
    made = session.new_conversation()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(session.send, made.id, "Hi?")
        assert inference.at_pause.wait(10)
        session.close()
        assert session.messages(made.id)[-1].state == "stopped"
        assert sending.result(10).text == "Once"
    with pytest.raises(BusyError):
        session.send(made.id, "Hi?")


@pytest.mark.parametrize("blank", ["", "  \n "])
def test_a_blank_message_is_refused(session_with: Any, blank: str) -> None:
    session = session_with()
    made = session.new_conversation()
    with pytest.raises(SatchelError, match="nothing to send"):
        session.send(made.id, blank)
    with pytest.raises(SatchelError, match="no question"):
        session.regenerate(made.id)
    assert session.messages(made.id) == []


def test_deleting_stops_and_undelete_brings_back(session_with: Any) -> None:
    inference = ScriptedInference(["Once", threading.Event()])
    session = session_with(inference)
    made = session.new_conversation()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(session.send, made.id, "Hi?")
        assert inference.at_pause.wait(10)
        session.delete(made.id)
        assert sending.result(10).state == "stopped"
    assert session.list_conversations() == []
    session.undelete(made.id)
    assert session.messages(made.id)[-1].text == "Once"


def _poll(read: Callable[[], Any]) -> Any:
    waiting = threading.Event()
    for _ in range(500):
        if found := read():
            return found
        waiting.wait(0.02)
    raise AssertionError("it did not happen")
