"""Conversations: trees, search, drafts, deletion, and replies whose process is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.chat.sources import CheckedSentence, Citation, Evidence, Passage, Quote
from app.chat.title import UNTITLED
from app.chat.transcript import RunFigures
from app.core.database import Database
from app.core.errors import StorageError
from app.core.paths import Home
from app.storage.conversations import Conversations
from app.storage.facts import Facts
from app.storage.schema import MIGRATIONS, open_database


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    opened = open_database(home)
    yield opened
    opened.close()


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


EVIDENCE = Evidence(
    "how high?",
    (Passage(1, 5, 6, 7, "/a/b.pdf", "B", "One › Two", 3, 10, 30, "It is 300 metres high.", 0.9),),
    (Quote(1, 10, 30, "It is 300 metres high.", 0.8, 3),),
    True,
    0.02,
)
CHECKS = (CheckedSentence(0, 9, "supported", (Citation(1, 10, 30, 0.8, 3),)), CheckedSentence(10, 12, "not_a_claim"))
FIGURES = RunFigures(100, 80, 12, 0.1, 0.05, 0.4)


def test_a_conversation_comes_back_whole(conversations: Conversations) -> None:
    made = conversations.create()
    question = conversations.add_question(made.id, "How high is the tower?")
    reply = conversations.add_reply(question)
    assert reply.state == "streaming"
    finished = replace(
        reply,
        text="300 metres.",
        state="complete",
        model="Smol",
        left_out=4,
        evidence=EVIDENCE,
        checks=CHECKS,
        figures=FIGURES,
    )
    conversations.finish(finished)
    assert conversations.path(made.id) == [question, finished]
    assert conversations.summaries()[0].title == "How high is the tower?"


def test_asking_again_keeps_the_first_reply_as_a_sibling(conversations: Conversations) -> None:
    made = conversations.create()
    question = conversations.add_question(made.id, "a")
    first = conversations.add_reply(question)
    conversations.finish(replace(first, text="one", state="complete"))
    later = conversations.add_question(made.id, "b")
    conversations.select(question.id)
    second = conversations.add_reply(question)
    assert [m.id for m in conversations.path(made.id)] == [question.id, second.id]
    conversations.select(first.id)
    assert [m.id for m in conversations.path(made.id)] == [question.id, first.id, later.id]
    assert len(conversations.tree(made.id)) == 4


def test_versions_are_listed_by_message(conversations: Conversations) -> None:
    made = conversations.create()
    question = conversations.add_question(made.id, "a")
    assert conversations.version_ids(made.id) == {}
    replies = [conversations.add_reply(question).id for _ in range(3)]
    other = conversations.add_version(question, "b")
    alone = conversations.add_reply(other, without_documents=True)
    assert conversations.path(made.id) == [other, alone]
    assert alone.without_documents
    assert conversations.version_ids(made.id) == {
        **dict.fromkeys(replies, tuple(replies)),
        **dict.fromkeys((question.id, other.id), (question.id, other.id)),
    }


def test_search_finds_titles_parts_of_words_and_finished_messages(conversations: Conversations) -> None:
    towers, rivers = conversations.create(), conversations.create()
    conversations.rename(towers.id, "Towers")
    conversations.add_question(rivers.id, "Which river is longest?")
    reply = conversations.add_reply(conversations.add_question(rivers.id, "and?"))
    conversations.save_text(reply.id, "The Amazonas")
    assert [c.id for c in conversations.summaries("amaz")] == []  # still growing
    conversations.finish(replace(reply, text="The Amazonas, I think.", state="complete"))
    assert [c.id for c in conversations.summaries("amaz thi")] == [rivers.id]
    assert [c.id for c in conversations.summaries("OWER")] == [towers.id]
    conversations.rename(towers.id, "Über Türme")
    assert [c.id for c in conversations.summaries("über TÜR")] == [towers.id]
    assert conversations.summaries('"unbalanced OR (') == [] == conversations.summaries("§")
    assert len(conversations.summaries("  ")) == 2


def test_only_a_conversation_without_anything_in_it_is_dropped(conversations: Conversations) -> None:
    made = [conversations.create().id for _ in range(6)]
    asked, attached, drafted, named, deleted, empty = made
    conversations.add_question(asked, "Hi?")
    conversations.attach(attached, 3)
    conversations.save_draft(drafted, "Hm")
    conversations.rename(named, "Plans")
    conversations.delete(deleted)
    assert [number for number in made if conversations.drop_if_empty(number)] == [empty]
    assert not conversations.drop_if_empty(empty)
    conversations.undelete(deleted)
    assert {summary.id for summary in conversations.summaries()} == {asked, attached, drafted, named, deleted}


def test_deleted_comes_back_until_it_is_purged(conversations: Conversations, database: Database) -> None:
    made = conversations.create()
    conversations.add_question(made.id, "zebra")
    conversations.attach(made.id, 3)
    conversations.delete(made.id)
    assert conversations.summaries() == [] == conversations.summaries("zebra")
    assert conversations.purge_deleted() == 0
    conversations.undelete(made.id)
    assert conversations.summaries("zebra")[0].collection_ids == (3,)
    conversations.delete(made.id)
    assert conversations.purge_deleted(timedelta()) == 1
    with pytest.raises(StorageError, match="not there any more"):
        conversations.get(made.id)
    for table in ("messages", "attachments"):
        assert database.execute(f"SELECT count(*) FROM {table}") == [(0,)]
    assert database.execute("SELECT count(*) FROM message_words WHERE message_words MATCH 'zebra'") == [(0,)]


def test_drafts_live_until_sent(conversations: Conversations) -> None:
    made = conversations.create()
    conversations.save_draft(made.id, "half a ques")
    conversations.save_draft(made.id, "half a question")
    assert conversations.draft(made.id) == "half a question"
    conversations.add_question(made.id, "half a question!")
    assert conversations.draft(made.id) == ""


def test_attachments(conversations: Conversations) -> None:
    made = conversations.create()
    for collection in (9, 2, 9):
        conversations.attach(made.id, collection)
    assert conversations.get(made.id).collection_ids == (2, 9)
    conversations.detach_everywhere(9)
    conversations.detach(made.id, 2)
    assert conversations.get(made.id).collection_ids == ()


def test_titles(conversations: Conversations) -> None:
    made = conversations.create()
    assert made.title == UNTITLED
    conversations.add_question(made.id, "# What is  this?")
    conversations.rename(made.id, "  My\nown ")
    assert conversations.get(made.id).title == "My own"
    conversations.add_question(made.id, "Another")
    assert conversations.get(made.id).title == "My own"
    conversations.rename(made.id, "")
    assert conversations.get(made.id).title == "What is this?"


def test_a_reply_of_a_living_process_is_left_alone_and_one_of_a_dead_process_is_not(
    conversations: Conversations, database: Database, home: Home
) -> None:
    made = conversations.create()
    mine = conversations.add_reply(conversations.add_question(made.id, "mine"))
    script = (
        "from app.core.paths import Home; from app.storage.schema import open_database\n"
        "from app.storage.conversations import Conversations\n"
        "import os, sys\n"
        "c = Conversations(open_database(Home.locate()))\n"
        f"r = c.add_reply(c.add_question({made.id}, 'theirs'))\n"
        "c.save_text(r.id, 'so far'); print(r.id, flush=True); os.kill(os.getpid(), 9)\n"
    )
    repository = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", script], cwd=repository, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        theirs = int(process.stdout.read())
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet taken note of
        assert conversations.close_interrupted() == 1
    assert conversations.message(mine.id).state == "streaming"
    found = conversations.message(theirs)
    assert (found.state, found.text) == ("interrupted", "so far")
    assert "Ask again" in found.problem


def test_facts_are_kept_changed_and_forgotten(database: Database) -> None:
    facts = Facts(database)
    assert facts.get("a") is None
    facts.set("a", "1")
    facts.set("a", "2")
    assert facts.get("a") == "2"
    facts.set("a", None)
    assert facts.get("a") is None


def test_a_damaged_database_is_restored_and_kept(home: Home) -> None:
    database = open_database(home)
    conversations = Conversations(database)
    made = conversations.create()
    conversations.add_question(made.id, "before the backup")
    database.backup()
    database.close()
    damaged = b"\0" * 4096 + home.database.read_bytes()[4096:]
    home.database.write_bytes(damaged)
    database = open_database(home)
    try:
        assert "restored from the backup" in database.restored
        assert Conversations(database).summaries()[0].title == "before the backup"
        assert any(path.read_bytes() == damaged for path in home.backups.rglob("*") if path.is_file())
    finally:
        database.close()


def test_a_newer_schema_is_refused_in_words_and_left_alone(home: Home) -> None:
    database = open_database(home)
    database.execute("INSERT INTO migrations(name) VALUES ('from the future')")
    assert len(database.execute("SELECT * FROM migrations")) == len(MIGRATIONS) + 1
    database.close()
    before = home.database.read_bytes()
    with pytest.raises(StorageError, match="newer version") as caught:
        open_database(home)
    assert caught.value.next_step
    assert home.database.read_bytes() == before
