"""The indexer goes on through a full disk, changing files and its own bugs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from app.core.database import Database
from app.core.jobs import CancelToken
from app.knowledge.indexer import Indexer
from app.knowledge.ledger import Ledger
from app.knowledge.parse import ParsedFile, ParserProcess
from app.knowledge.protocol import CollectionInfo
from app.knowledge.reading import FileReader, rough_tokens
from tests.helpers.knowledge import open_database
from tests.helpers.parsers import dying_at_first


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    made = ParserProcess()
    yield made
    made.close()


class Writing(ParserProcess):
    """A parser beside which another program writes to the file, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def parse(self, path: Path, cancel: CancelToken | None = None) -> ParsedFile:
        parsed = super().parse(path, cancel)
        if self._times:
            self._times -= 1
            with path.open("a") as file:
                file.write(f"one more line {self._times}\n")
        return parsed


def wait_for(indexer: Indexer, collection: int, done: Callable[[CollectionInfo], bool]) -> CollectionInfo:
    deadline = time.monotonic() + 30
    while not done(info := indexer.info(collection, "Notes")):
        assert time.monotonic() < deadline, info
        threading.Event().wait(0.01)
    return info


def folder_of(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for n in range(count):
        (folder / f"{n:02d}.txt").write_text(f"Note {n} is about something. " * 200)
    return folder


def indexer_for(
    database: Database,
    parser: ParserProcess,
    count: Callable[[Sequence[str]], Sequence[int]],
    on_change: Callable[[], object] = lambda: None,
) -> Indexer:
    ledger = Ledger(database)
    return Indexer(ledger, FileReader(ledger, parser, count), None, on_change, "No model.", try_again_s=0.05)


def test_a_full_disk_pauses_in_words_and_goes_on_when_there_is_room(
    tmp_path: Path, database: Database, parser: ParserProcess
) -> None:
    collection = Ledger(database).create_collection("Notes", [str(folder_of(tmp_path, 12))])
    pages = database.execute("PRAGMA page_count")[0][0]
    database.execute(f"PRAGMA max_page_count={pages + 12}")
    indexer = indexer_for(database, parser, rough_tokens)
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: "disk is full" in info.problem)
        assert info.pending > 0
        assert info.halted
        assert info.seconds_left is None, "nobody knows when there will be room"
        database.execute("PRAGMA max_page_count=1000000")
        info = wait_for(indexer, collection, lambda info: info.phase == "idle")
        assert (info.indexed, info.problem, info.halted) == (12, "No model.", False)
    finally:
        indexer.stop()


def parser_that_starts_after(tmp_path: Path, deaths: int) -> ParserProcess:
    (tmp_path / "deaths").mkdir()
    return ParserProcess(entry=partial(dying_at_first, str(tmp_path / "deaths"), deaths))


def test_a_parser_killed_while_it_starts_is_no_trouble_for_people(tmp_path: Path, database: Database) -> None:
    collection = Ledger(database).create_collection("Notes", [str(folder_of(tmp_path, 3))])
    parser = parser_that_starts_after(tmp_path, deaths=2)
    problems: set[str] = set()
    indexer = indexer_for(
        database, parser, rough_tokens, lambda: problems.add(indexer.info(collection, "Notes").problem)
    )
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: info.phase == "idle")
        assert (info.indexed, info.failed) == (3, 0)
        assert problems == {"No model."}
    finally:
        indexer.stop()
        parser.close()


def test_a_parser_that_never_starts_is_said_and_no_file_is_blamed(tmp_path: Path, database: Database) -> None:
    collection = Ledger(database).create_collection("Notes", [str(folder_of(tmp_path, 3))])
    parser = parser_that_starts_after(tmp_path, deaths=10_000)
    indexer = indexer_for(database, parser, rough_tokens)
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: info.halted)
        assert "did not start" in info.problem
        assert (info.pending, info.failed, info.seconds_left) == (3, 0, None)
    finally:
        indexer.stop()
        parser.close()


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path, database: Database) -> None:
    collection = Ledger(database).create_collection("Notes", [str(folder_of(tmp_path, 1))])
    writing = Writing(times=1)
    indexer = indexer_for(database, writing, rough_tokens)
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: info.phase == "idle")
        assert info.indexed == 1
        [file] = Ledger(database).files(collection).values()
        assert Ledger(database).text(file.id).rstrip().endswith("one more line 0")
    finally:
        indexer.stop()
        writing.close()


def test_a_bug_that_one_file_brings_out_fails_that_file_only(
    tmp_path: Path, database: Database, parser: ParserProcess
) -> None:
    def count(texts: Sequence[str]) -> Sequence[int]:
        if any("Note 1 is" in text for text in texts):
            raise ZeroDivisionError
        return rough_tokens(texts)

    collection = Ledger(database).create_collection("Notes", [str(folder_of(tmp_path, 3))])
    indexer = indexer_for(database, parser, count)
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: info.phase == "idle")
        assert (info.indexed, info.failed) == (2, 1)
        [failed], _ = Ledger(database).list_files(collection, "failed", "", 0, 10)
        assert "ZeroDivisionError" in failed.reason
    finally:
        indexer.stop()


def test_a_collection_that_is_removed_while_a_file_of_it_is_read(
    tmp_path: Path, database: Database, parser: ParserProcess
) -> None:
    ledger = Ledger(database)
    collection = ledger.create_collection("Notes", [str(folder_of(tmp_path, 2))])

    def count(texts: Sequence[str]) -> Sequence[int]:
        ledger.remove_collection(collection)
        return rough_tokens(texts)

    indexer = indexer_for(database, parser, count)
    indexer.start()
    try:
        info = wait_for(indexer, collection, lambda info: info.files == 0 and info.phase == "idle")
        assert info.problem == "No model."
        assert database.query("SELECT count(*) FROM chunks") == [(0,)]
    finally:
        indexer.stop()


def test_a_removed_collection_is_no_trouble(tmp_path: Path, database: Database, parser: ParserProcess) -> None:
    ledger = Ledger(database)
    collection = ledger.create_collection("Notes", [str(folder_of(tmp_path, 3))])
    other = ledger.create_collection("Other", [])
    indexer = indexer_for(database, parser, rough_tokens)
    ledger.remove_collection(collection)
    indexer.rescan(collection)
    indexer.start()
    indexer.rescan(collection)
    try:
        info = wait_for(indexer, other, lambda info: info.phase == "idle")
        assert info.problem == "No model."
        assert database.query("SELECT count(*) FROM files") == [(0,)]
    finally:
        indexer.stop()
