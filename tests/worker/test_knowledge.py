"""The knowledge worker with the real embedding model, real files, and real kills."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.database import Database
from app.core.errors import BusyError, DocumentError, WorkerDied
from app.core.paths import Home
from app.knowledge.client import KnowledgeClient
from app.knowledge.priority import BACKGROUND_NICE
from app.knowledge.protocol import Collections, Notice, Reply
from app.knowledge.schema import MIGRATIONS
from tests.helpers.knowledge import wait_until_indexed

GUIDE = """# Otter 3 cargo bike

## Warranty

The frame is covered for five years. The base plate is covered for two years, and only when it was oiled.

## Battery

Charge the battery to 80 percent before winter. A full charge takes 210 minutes.
"""
RECIPE = "Sourdough bread\n\nMix 500 g of flour with 350 g of water. Let the dough rest for nine hours at 21 degrees.\n"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "kitchen").mkdir(parents=True)
    (folder / "bike.md").write_text(GUIDE)
    (folder / "kitchen" / "bread.txt").write_text(RECIPE)
    return folder


@pytest.fixture
def events() -> list[Reply]:
    return []


@pytest.fixture
def client(home: Home, embedding_model: Path, events: list[Reply]) -> Iterator[KnowledgeClient]:
    opened = KnowledgeClient(home, embedding_model, events.append)
    yield opened
    opened.close()


def many_files(folder: Path, count: int = 24) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        paragraphs = [
            f"Machine {n} has valve {n * 7 + k}. It was built in {1800 + n} and repaired by engineer number {k}. " * 6
            for k in range(3)
        ]
        (folder / f"machine {n:02d}.txt").write_text("\n\n".join(paragraphs))
    return folder


def kill(client: KnowledgeClient) -> None:
    pid = client.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def contents(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """What the ledger holds, without what may differ between two runs (ids, times)."""
    database = Database(
        home.knowledge / "ledger.sqlite", home.root / "elsewhere", MIGRATIONS, backup_every_s=float("inf")
    )
    try:
        return {
            "files": database.query("SELECT path, size, hash, status, reason, pages, chunks FROM files ORDER BY path"),
            "texts": database.query("SELECT path, deflated FROM texts JOIN files ON id=file_id ORDER BY path"),
            "chunks": database.query(
                'SELECT path, ordinal, start, "end", heading, page, text, c.hash, vector FROM chunks c JOIN files f '
                "ON f.id=c.file_id LEFT JOIN vectors v ON v.id=c.vector_id ORDER BY path, ordinal"
            ),
            "words": database.query("SELECT count(*) FROM words WHERE words MATCH 'machine'"),
        }
    finally:
        database.close()


def test_a_folder_is_indexed_and_answers_with_exact_quotes(
    client: KnowledgeClient, documents: Path, events: list[Reply]
) -> None:
    info = client.create_collection("My things", [documents])
    info = wait_until_indexed(client, info.id)
    assert (info.name, info.files, info.indexed, info.problem) == ("My things", 2, 2, "")
    evidence = client.search([info.id], "How long is the frame covered?")
    assert evidence.found
    best = evidence.quotes[0]
    passage = evidence.passages[best.passage - 1]
    assert best.text == "The frame is covered for five years."
    assert passage.path == str(documents / "bike.md")
    source = client.read_source(passage.file_id, best.start, best.end, context_chars=30)
    assert source.text[best.start - source.text_start : best.end - source.text_start] == best.text
    assert (documents / "bike.md").read_text()[best.start : best.end] == best.text
    assert "Warranty" in source.heading and not source.changed
    wait_until_indexed(client, info.id, lambda now: Collections([now]) in events)  # the same was told unasked


def test_what_the_documents_do_not_say_is_not_found(client: KnowledgeClient, documents: Path) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    evidence = client.search([collection], "Which composer wrote the opera Aida?")
    assert not evidence.found
    assert evidence.quotes == ()
    assert evidence.passages  # the nearest ones


def test_an_answer_is_checked_sentence_by_sentence(client: KnowledgeClient, documents: Path) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    evidence = client.search([collection], "What is covered by the warranty of the frame and the base plate?")
    answer = (
        "The frame is covered for five years. The base plate is covered for seven years. "
        "It can be repaired in Osaka by Shimano. Do you want to know more?"
    )
    checked = client.check_answer(answer, evidence)
    assert [sentence.support for sentence in checked] == ["supported", "partial", "unsupported", "not_a_claim"]
    [citation] = checked[0].citations
    text = evidence.passages[citation.passage - 1].text
    start = evidence.passages[citation.passage - 1].start
    assert text[citation.start - start : citation.end - start] == "The frame is covered for five years."


def test_edits_deletions_and_renames_are_followed(client: KnowledgeClient, documents: Path) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    (documents / "bike.md").write_text(GUIDE.replace("five years", "eleven years"))
    (documents / "kitchen" / "bread.txt").rename(documents / "loaf.txt")
    (documents / "new.txt").write_text("The otter sleeps in the boathouse.")
    client.rescan(collection)
    info = wait_until_indexed(client, collection)
    assert (info.files, info.indexed, info.missing) == (3, 3, 0)
    assert "eleven years" in client.search([collection], "How long is the frame covered?").quotes[0].text
    assert client.search([collection], "How long does the dough rest?").passages[0].path == str(documents / "loaf.txt")
    assert client.search([collection], "Where does the otter sleep?").found
    (documents / "new.txt").unlink()
    client.rescan(collection)
    info = wait_until_indexed(client, collection)
    assert (info.indexed, info.missing) == (2, 1)
    paths = [passage.path for passage in client.search([collection], "Where does the otter sleep?").passages]
    assert str(documents / "new.txt") not in paths


def test_an_absent_folder_does_not_empty_the_index(client: KnowledgeClient, documents: Path, tmp_path: Path) -> None:
    collection = client.create_collection("My things", [documents]).id
    before = wait_until_indexed(client, collection)
    shutil.move(documents, tmp_path / "unplugged")
    client.rescan(collection)
    info = wait_until_indexed(client, collection)
    assert (info.missing, info.chunks, info.embedded) == (2, before.chunks, before.embedded)
    assert str(documents) in info.problem
    shutil.move(tmp_path / "unplugged", documents)
    client.rescan(collection)
    info = wait_until_indexed(client, collection)
    assert (info.indexed, info.missing, info.problem) == (2, 0, "")
    assert client.search([collection], "How long is the frame covered?").found


def test_files_that_cannot_be_read_say_why(client: KnowledgeClient, documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00garbage" * 100)
    (documents / "empty.txt").write_bytes(b"")
    (documents / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    (documents / ".cache").mkdir()
    os.mkfifo(documents / "pipe")
    collection = client.create_collection("My things", [documents]).id
    info = wait_until_indexed(client, collection)
    assert info.indexed == 2
    files = {Path(file.path).name: file for file in client.list_files(collection).files}
    assert files["broken.pdf"].status == "failed"
    assert {files[name].status for name in ("empty.txt", "picture.png", ".cache", "pipe")} == {"skipped"}
    assert all(file.reason.endswith(".") for file in files.values() if file.status in ("failed", "skipped"))


def test_killed_again_and_again_it_ends_where_an_undisturbed_one_does(tmp_path: Path, embedding_model: Path) -> None:
    documents = many_files(tmp_path / "documents")
    calm_home = Home(tmp_path / "calm").create()
    calm = KnowledgeClient(calm_home, embedding_model)
    calm_id = calm.create_collection("Machines", [documents]).id
    chunks = wait_until_indexed(calm, calm_id).chunks
    calm.close()

    rough_home = Home(tmp_path / "rough").create()
    ended = threading.Semaphore(0)
    rough = KnowledgeClient(rough_home, embedding_model, on_exit=lambda _: ended.release())
    collection = rough.create_collection("Machines", [documents]).id
    for share in (0.0, 0.2, 0.4, 0.6, 0.8):
        reached = int(share * chunks)
        wait_until_indexed(rough, collection, lambda info, reached=reached: info.embedded >= reached)  # type: ignore[misc]
        kill(rough)
        assert ended.acquire(timeout=10)
    info = wait_until_indexed(rough, collection)
    assert (info.indexed, info.embedded) == (24, chunks)
    evidence = rough.search([collection], "When was machine 13 built?")
    assert any("1813" in quote.text for quote in evidence.quotes)
    rough.close()
    assert contents(rough_home) == contents(calm_home)


def test_a_call_under_way_fails_in_words_and_the_next_one_works(client: KnowledgeClient, documents: Path) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    pid = client.pid
    assert pid is not None
    failures: list[WorkerDied] = []

    def ask() -> None:
        try:
            while True:
                client.search([collection], "How long is the frame covered?")
        except WorkerDied as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    psutil.Process(pid).kill()
    # The call under way fails; a thread between two calls starts the worker again and must be ended by a second kill.
    asking.join(1.0)
    while asking.is_alive():
        kill(client)
        asking.join(1.0)
    assert "ended unexpectedly" in str(failures[0])
    assert client.search([collection], "How long is the frame covered?").found


def test_a_parser_that_dies_fails_its_file_only(home: Home, embedding_model: Path, tmp_path: Path) -> None:
    documents = many_files(tmp_path / "documents", count=60)
    client = KnowledgeClient(home, embedding_model)
    try:
        collection = client.create_collection("Machines", [documents]).id
        wait_until_indexed(client, collection, lambda info: info.indexed >= 3)
        assert client.pid is not None
        parsers = [
            child for child in psutil.Process(client.pid).children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert parsers
        for parser in parsers:
            parser.kill()
        info = wait_until_indexed(client, collection)
        assert info.indexed + info.failed == 60
        assert info.failed <= 1
        for file in client.list_files(collection, status="failed").files:
            assert "ended" in file.reason
        client.rescan(collection, retry_failed=True)
        assert wait_until_indexed(client, collection).indexed == 60
    finally:
        client.close()


@pytest.mark.skipif(sys.platform != "linux", reason="priority belongs to the whole process elsewhere")
def test_indexing_gives_way_and_questions_do_not(client: KnowledgeClient, tmp_path: Path) -> None:
    collection = client.create_collection("Machines", [many_files(tmp_path / "documents", count=60)]).id
    wait_until_indexed(client, collection, lambda info: info.embedded > 0)
    worker = psutil.Process(client.pid)
    parsers = [child for child in worker.children() if "spawn_main" in " ".join(child.cmdline())]
    assert [parser.nice() for parser in parsers] == [BACKGROUND_NICE]
    client.search([collection], "When was machine 3 built?")
    priorities = [os.getpriority(os.PRIO_PROCESS, thread.id) for thread in worker.threads()]
    # The reader, the embedder and llama.cpp's threads of that one; not the main thread, and not those that answered.
    assert priorities.count(BACKGROUND_NICE) >= 2
    assert priorities.count(os.getpriority(os.PRIO_PROCESS, 0)) >= 3


def test_a_damaged_vector_index_is_rebuilt(
    home: Home, client: KnowledgeClient, documents: Path, events: list[Reply]
) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    client.close()
    for file in (home.knowledge / "vectors").rglob("*"):
        if file.is_file() and file.name != "current":
            file.write_bytes(b"\xa5" * 5000)
    events.clear()
    assert client.search([collection], "How long is the frame covered?").found
    # The vectors are there whatever becomes of the index, so wait for the index to say that it is new.
    wait_until_indexed(client, collection, lambda _: any(isinstance(event, Notice) for event in events))
    [notice] = [event for event in events if isinstance(event, Notice)]
    assert "rebuilt" in notice.what
    assert client.search([collection], "How long is the frame covered?").found


def test_a_damaged_ledger_is_replaced_and_the_files_can_be_indexed_anew(
    home: Home, client: KnowledgeClient, documents: Path, events: list[Reply]
) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    client.close()
    for backup in home.backups.glob("ledger-*"):
        backup.unlink()
    ledger = home.knowledge / "ledger.sqlite"
    ledger.write_bytes(ledger.read_bytes()[:4096] + b"\xa5" * 50_000)
    assert client.list_collections() == []
    assert next(event.what for event in events if isinstance(event, Notice)).startswith(
        "The database ledger.sqlite was damaged"
    )
    assert list((home.backups / "damaged").iterdir())
    info = wait_until_indexed(client, client.create_collection("My things", [documents]).id)
    assert info.indexed == 2


def test_a_damaged_ledger_is_restored_from_its_backup_and_what_is_missing_is_read_anew(
    home: Home, client: KnowledgeClient, documents: Path, events: list[Reply]
) -> None:
    collection = client.create_collection("My things", [documents]).id
    wait_until_indexed(client, collection)
    client.close()
    ledger = home.knowledge / "ledger.sqlite"
    backup = Database(ledger, home.backups, MIGRATIONS)
    backup.backup()
    backup.close()
    (documents / "new.txt").write_text("The otter sleeps in the boathouse.")
    client.rescan(collection)
    assert wait_until_indexed(client, collection).indexed == 3  # the backup does not know this one
    client.close()
    damaged = ledger.read_bytes()[:4096] + b"\xa5" * 50_000
    ledger.write_bytes(damaged)
    events.clear()
    assert [info.name for info in client.list_collections()] == ["My things"]
    [notice] = [event for event in events if isinstance(event, Notice)]
    assert "was restored from the backup of" in notice.what
    kept = [path for path in (home.backups / "damaged").rglob("*") if path.is_file()]
    assert damaged in [path.read_bytes() for path in kept] and any(str(path) in notice.what for path in kept)
    info = wait_until_indexed(client, collection)
    assert (info.indexed, info.embedded) == (3, info.chunks)
    assert client.search([collection], "Where does the otter sleep?").found


def test_a_second_worker_on_the_same_data_is_refused_until_the_first_ends(
    home: Home, client: KnowledgeClient, embedding_model: Path
) -> None:
    client.list_collections()
    second = KnowledgeClient(home, embedding_model)
    try:
        with pytest.raises(BusyError, match="in use"):
            second.list_collections()
        client.close()
        assert second.list_collections() == []
    finally:
        second.close()


def test_without_an_embedding_model_words_find(home: Home, documents: Path) -> None:
    client = KnowledgeClient(home, None)
    try:
        collection = client.create_collection("My things", [documents]).id
        info = wait_until_indexed(client, collection, lambda info: info.phase == "idle")
        assert "no embedding model" in info.problem
        evidence = client.search([collection], "How long is the frame covered?")
        assert evidence.found
        assert evidence.quotes[0].text == "The frame is covered for five years."
        assert client.check_answer(evidence.quotes[0].text, evidence)[0].support == "supported"
    finally:
        client.close()


def test_an_embedding_model_that_is_no_model_is_said_and_words_find(
    home: Home, documents: Path, tmp_path: Path
) -> None:
    (tmp_path / "page.gguf").write_bytes(b"<html>404</html>")
    client = KnowledgeClient(home, tmp_path / "page.gguf")
    try:
        collection = client.create_collection("My things", [documents]).id
        info = wait_until_indexed(client, collection, lambda info: info.phase == "idle")
        assert "page.gguf cannot be loaded" in info.problem
        assert client.search([collection], "frame").passages
    finally:
        client.close()


def test_a_pause_holds_until_it_is_lifted(client: KnowledgeClient, documents: Path) -> None:
    client.set_paused(True)
    collection = client.create_collection("My things", [documents]).id
    info = wait_until_indexed(client, collection, lambda info: info.phase == "paused")
    assert info.indexed == 0
    client.set_paused(False)
    assert wait_until_indexed(client, collection).indexed == 2


def test_collections_are_renamed_grown_and_removed(client: KnowledgeClient, documents: Path, tmp_path: Path) -> None:
    collection = client.create_collection("My things", [documents / "bike.md"]).id
    assert client.rename_collection(collection, "Bikes").name == "Bikes"
    assert client.add_roots(collection, [documents / "kitchen"]).roots == [
        str(documents / "bike.md"),
        str(documents / "kitchen"),
    ]
    assert wait_until_indexed(client, collection).indexed == 2
    with pytest.raises(DocumentError, match="does not exist"):
        client.create_collection("Nothing", [tmp_path / "nowhere"])
    before = client.search([collection], "frame").passages
    client.remove_collection(collection)
    assert client.list_collections() == []
    assert client.search([collection], "frame").passages == ()
    with pytest.raises(DocumentError, match="not there any more"):
        client.rescan(collection)
    client.close()  # and what was removed a moment ago can still be brought back
    assert client.restore_collection(collection).name == "Bikes"
    assert wait_until_indexed(client, collection).indexed == 2
    assert client.search([collection], "frame").passages == before
    with pytest.raises(DocumentError, match="not there any more"):
        client.restore_collection(collection)


def test_what_was_removed_long_ago_is_deleted_for_good(home: Home, embedding_model: Path, documents: Path) -> None:
    client = KnowledgeClient(home, embedding_model)
    try:
        collection = client.create_collection("Things", [documents]).id
        wait_until_indexed(client, collection)
        client.remove_collection(collection)
        client.close()
        database = Database(home.knowledge / "ledger.sqlite", home.backups, MIGRATIONS)
        database.execute("UPDATE collections SET removed_at=0")
        database.close()
        assert client.list_collections() == []
        with pytest.raises(DocumentError, match="not there any more"):
            client.restore_collection(collection)
        client.close()
        database = Database(home.knowledge / "ledger.sqlite", home.backups, MIGRATIONS)
        for table in ("collections", "files", "chunks", "texts"):
            assert database.query(f"SELECT count(*) FROM {table}") == [(0,)]
        database.close()
    finally:
        client.close()


def test_it_leaves_when_its_parent_is_killed(home: Home, embedding_model: Path, documents: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from app.core.paths import Home\n"
        "from app.knowledge.client import KnowledgeClient\n"
        "if __name__ == '__main__':\n"
        "    client = KnowledgeClient(Home(Path(sys.argv[1])), Path(sys.argv[2]))\n"
        "    client.create_collection('My things', [sys.argv[3]])\n"
        "    print(client.pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    path = home.root / "parent.py"
    path.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, str(path), str(home.root), str(embedding_model), str(documents)]
    with psutil.Popen(command, stdin=-1, stdout=-1, text=True, env=environment) as parent:
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    worker.wait(timeout=10)
    client = KnowledgeClient(home, embedding_model)
    try:
        [info] = client.list_collections()  # the lock is free, and the work goes on
        assert wait_until_indexed(client, info.id).indexed == 2
    finally:
        client.close()
