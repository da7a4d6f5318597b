"""A file is whole or absent; what is known of it follows it through edits, renames and absences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from app.core.database import Database
from app.core.errors import DocumentError
from app.knowledge.chunk import Chunk
from app.knowledge.file_records import FileState
from app.knowledge.headings import Heading
from app.knowledge.ledger import Ledger
from app.knowledge.parse import PARSER_VERSION, Block, PageSpan, ParsedFile
from tests.helpers.knowledge import chunks_of, hashes_of, open_database, put_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def chunk_rows(database: Database) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in database.query("SELECT id, text FROM chunks ORDER BY file_id, ordinal")]


def matches(database: Database, word: str) -> list[int]:
    return [
        row[0] for row in database.query("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (f'"{word}"',))
    ]


def test_a_committed_file_has_text_pages_chunks_and_words(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    ledger.add_files(collection, [("/notes/report.pdf", 10, 1)])
    file = ledger.files(collection)["/notes/report.pdf"]
    text = "First page about boilers.\n\nSecond page about valves."
    chunks = [Chunk(0, 25, "Boilers", 1, 5), Chunk(27, 52, "Valves", 2, 5)]
    parsed = ParsedFile(text, pages=(PageSpan(1, 0, 25), PageSpan(2, 27, 52)), title="Steam")
    ledger.commit_file(file, FileState(10, 1, b"h", 1), parsed, chunks, hashes_of(text, chunks))
    assert ledger.text(file.id) == text
    assert ledger.place(file.id, 30) == ("Valves", (2, 27, 52))
    assert ledger.place(file.id, 3) == ("Boilers", (1, 0, 25))
    assert [row[1] for row in chunk_rows(database)] == ["First page about boilers.", "Second page about valves."]
    first, second = (row[0] for row in chunk_rows(database))
    assert matches(database, "valve") == [second]
    assert matches(database, "steam") == [first, second]  # the title
    assert matches(database, "report") == [first, second]  # the file's name
    after = ledger.file(file.id)
    assert (after.status, after.pages, after.chunks, after.title) == ("indexed", 2, 2, "Steam")


def test_a_place_stands_under_the_heading_before_it(ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", [])
    text = "Preface.\n\n# A\n\nOne.\n\n## B\n\nTwo.\n"
    blocks = (Block("paragraph", 0, 8), Block("heading", 10, 13, 1), Block("paragraph", 15, 19),
              Block("heading", 21, 25, 2), Block("paragraph", 27, 31))  # fmt: skip
    ledger.add_files(collection, [("/a.md", 1, 1)])
    file = ledger.files(collection)["/a.md"]
    for _ in range(2):  # a second version takes the place of the first
        chunks = [Chunk(0, 31, "", None, 9)]
        state = FileState(1, 1, b"h", 1)
        ledger.commit_file(file, state, ParsedFile(text, blocks), chunks, hashes_of(text, chunks))
    places = {offset: ledger.place(file.id, offset)[0] for offset in (0, 9, 10, 15, 20, 21, 30)}
    assert places == {0: "", 9: "", 10: "A", 15: "A", 20: "A", 21: "A › B", 30: "A › B"}
    a, b = Heading(10, 13, "A"), Heading(21, 25, "A › B")
    assert ledger.headings(file.id, 0, 31) == [a, b]
    assert ledger.headings(file.id, 15, 20) == [a]
    assert ledger.headings(file.id, 15, 31) == [a, b]
    assert ledger.headings(file.id, 27, 31) == [b]
    assert ledger.headings(file.id, 0, 10) == []


def test_the_same_words_under_another_shared_heading_are_another_chunk(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", [])
    put_file(ledger, collection, "/a.md", "Valves open.", heading="Steam › Valves")
    [(before, _)] = chunk_rows(database)
    put_file(ledger, collection, "/a.md", "Valves open.", heading="Steam")
    [(after, _)] = chunk_rows(database)
    assert database.query("SELECT heading FROM chunks") == [("Steam",)] and after != before


def test_a_file_that_fails_half_way_is_not_there_at_all(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    file = put_file(ledger, collection, "/notes/a.txt", "old one\n\nold two")
    before = (chunk_rows(database), ledger.text(file.id), matches(database, "old"))
    text = "new one\n\nnew two"
    chunks = chunks_of(text)
    parsed = ParsedFile(
        text, pages=(PageSpan(1, 0, 5), PageSpan(1, 5, 9))
    )  # two pages of one number: refused, and late
    with pytest.raises(apsw.ConstraintError):
        ledger.commit_file(file, FileState(1, 2, b"n", 1), parsed, chunks, hashes_of(text, chunks))
    assert (chunk_rows(database), ledger.text(file.id), matches(database, "old")) == before
    assert matches(database, "new") == []


def test_an_edit_keeps_the_chunks_it_does_not_touch(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/a.txt", "alpha\n\nbeta\n\ngamma")
    before = {text: number for number, text in chunk_rows(database)}
    put_file(ledger, collection, "/notes/a.txt", "prologue\n\nalpha\n\ngamma\n\ngamma")
    after = chunk_rows(database)
    assert [text for _, text in after] == ["prologue", "alpha", "gamma", "gamma"]
    assert after[1][0] == before["alpha"]
    assert after[2][0] == before["gamma"]
    assert before["beta"] not in [number for number, _ in after]
    assert matches(database, "beta") == []
    assert len(matches(database, "gamma")) == 2


def test_a_renamed_file_takes_all_that_is_known_with_it(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/draft.txt", "alpha\n\nbeta")
    before = chunk_rows(database)
    old = ledger.files(collection)["/notes/draft.txt"]
    ledger.mark_missing([old], "Gone.")
    ledger.add_files(collection, [("/notes/final.txt", 11, 7)])
    new = ledger.files(collection)["/notes/final.txt"]
    assert old.hash is not None
    assert ledger.adopt_renamed(new, FileState(11, 7, old.hash, PARSER_VERSION))
    files = ledger.files(collection)
    assert list(files) == ["/notes/final.txt"]
    assert (files["/notes/final.txt"].id, files["/notes/final.txt"].status) == (old.id, "indexed")
    assert chunk_rows(database) == before
    assert matches(database, "draft") == []
    assert len(matches(database, "final")) == 2


def test_a_file_that_is_still_there_is_not_a_rename(ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/a.txt", "same")
    original = ledger.files(collection)["/notes/a.txt"]
    ledger.add_files(collection, [("/notes/copy.txt", 4, 7)])
    copy = ledger.files(collection)["/notes/copy.txt"]
    assert original.hash is not None
    assert not ledger.adopt_renamed(copy, FileState(4, 7, original.hash, PARSER_VERSION))


def test_missing_files_keep_their_text_and_others_are_forgotten(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    file = put_file(ledger, collection, "/notes/a.txt", "kept")
    ledger.add_files(collection, [("/notes/never-read.txt", 1, 1)])
    assert ledger.mark_missing(ledger.files(collection).values(), "Not there.") == []
    assert list(ledger.files(collection)) == ["/notes/a.txt"]
    assert ledger.files(collection)["/notes/a.txt"].status == "missing"
    assert ledger.text(file.id) == "kept"
    assert len(chunk_rows(database)) == 1


def test_a_file_that_became_unreadable_loses_what_it_said(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/a.txt", "one\n\ntwo")
    ids = [number for number, _ in chunk_rows(database)]
    file = ledger.files(collection)["/notes/a.txt"]
    assert ledger.mark_unreadable(file, "failed", "It is encrypted.", 1) == ids
    assert chunk_rows(database) == [] and matches(database, "one") == [] and ledger.text(file.id) == ""
    [info], total = ledger.list_files(collection, "failed", "", 0, 10)
    assert (info.reason, info.chunks, total) == ("It is encrypted.", 0, 1)


def test_files_with_trouble_come_first_and_names_are_matched_literally(ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/a_b.txt", "fine")
    put_file(ledger, collection, "/notes/axb.txt", "fine")
    ledger.add_files(collection, [("/notes/z.txt", 1, 1), ("/notes/y.txt", 1, 1)])
    ledger.mark_unreadable(ledger.files(collection)["/notes/z.txt"], "failed", "Broken.", 1)
    ledger.skip_paths(collection, [("/notes/.git", "Hidden.")])
    listed, total = ledger.list_files(collection, None, "", 0, 10)
    assert [file.status for file in listed] == ["failed", "skipped", "pending", "indexed", "indexed"]
    assert total == 5
    assert [file.path for file in ledger.list_files(collection, None, "", 1, 2)[0]] == ["/notes/.git", "/notes/y.txt"]
    assert [file.path for file in ledger.list_files(collection, None, "a_b", 0, 10)[0]] == ["/notes/a_b.txt"]
    assert ledger.list_files(collection, None, "%", 0, 10) == ([], 0)


def test_a_removed_collection_leaves_nothing(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    other = ledger.create_collection("Other", ["/other"])
    put_file(ledger, collection, "/notes/a.txt", "mine")
    put_file(ledger, other, "/other/a.txt", "yours")
    gone = ledger.remove_collection(collection)
    assert len(gone) == 1
    assert matches(database, "mine") == [] and len(matches(database, "yours")) == 1
    for table in ("files", "chunks", "texts", "roots"):
        assert len(database.query(f"SELECT * FROM {table}")) == 1, table
    with pytest.raises(DocumentError, match="not there any more"):
        ledger.list_files(collection, None, "", 0, 10)


def test_names_are_unique(ledger: Ledger) -> None:
    first = ledger.create_collection("Notes", [])
    ledger.create_collection("  notes ", [])
    third = ledger.create_collection("", [])
    ledger.rename_collection(third, "Notes")
    ledger.rename_collection(first, "Notes")  # its own name is free for it
    assert [name for _, name in ledger.collections()] == ["Notes", "notes (2)", "Notes (3)"]


def test_lone_surrogates_do_not_shift_anything(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    file = put_file(ledger, collection, "/notes/a.txt", "x\ud800y\n\nafter")
    assert ledger.text(file.id) == "x\ufffdy\n\nafter"
    assert [text for _, text in chunk_rows(database)] == ["x\ufffdy", "after"]


def test_another_sqlite_reads_the_file_too(tmp_path: Path, database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    put_file(ledger, collection, "/notes/a.txt", "anyone can read this")
    plain = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert plain.execute("SELECT text FROM chunks").fetchall() == [("anyone can read this",)]
    plain.close()


def test_a_removed_collection_can_be_brought_back_as_it_was(database: Database, ledger: Ledger) -> None:
    collection = ledger.create_collection("Notes", ["/notes"])
    file = put_file(ledger, collection, "/notes/a.txt", "About boilers.")
    ledger.add_files(collection, [("/notes/b.txt", 10, 1)])
    before = chunk_rows(database)
    ledger.hide_collection(collection)
    assert ledger.collections() == []
    assert ledger.next_pending() is None, "no work is done for it"
    with pytest.raises(DocumentError):
        ledger.rename_collection(collection, "Other")
    ledger.restore_collection(collection)
    assert ledger.collections() == [(collection, "Notes")]
    assert chunk_rows(database) == before
    assert ledger.text(file.id) == "About boilers."
    assert ledger.next_pending() is not None


def test_a_name_is_free_again_once_its_collection_is_removed(ledger: Ledger) -> None:
    first = ledger.create_collection("Notes", [])
    ledger.hide_collection(first)
    second = ledger.create_collection("Notes", [])
    ledger.restore_collection(first)
    assert dict(ledger.collections()) == {second: "Notes", first: "Notes (2)"}
    with pytest.raises(DocumentError, match="not there any more"):
        ledger.restore_collection(second)  # it is not removed


def test_what_was_removed_a_while_ago_is_told(ledger: Ledger) -> None:
    gone, _there = ledger.create_collection("Gone", []), ledger.create_collection("There", [])
    ledger.hide_collection(gone)
    assert ledger.hidden_collections(older_than_s=0.0) == [gone]
    assert ledger.hidden_collections(older_than_s=60.0) == []
