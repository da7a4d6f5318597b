"""Kills at any moment, and a full disk: what was indexed stays, and indexing goes on. Run with ``-m slow``.

The kills come at moments drawn with a fixed seed; the waits between them are what is tested, not a way to wait for
something.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.database import Database
from app.core.errors import WorkerError
from app.core.paths import Home
from app.knowledge.client import KnowledgeClient
from app.knowledge.protocol import FileInfo
from app.knowledge.schema import MIGRATIONS
from app.knowledge.words import word_set
from tests.helpers.knowledge import wait_until_indexed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILES = 300
WORKER_KILLS = 60
PARSER_KILLS = 30
WORDS = word_set(
    "anchor barn candle desert engine falcon garden harbour island jacket kettle lantern marble needle orchard paper "
    "quarry river saddle timber umbrella valley window yarrow zinc bridge copper dairy ember forest glacier hammer"
)


class Folder:
    """A folder of generated files, and edits of it. Every paragraph ever written is another one."""

    def __init__(self, path: Path, count: int = FILES, paragraphs: int = 2) -> None:
        self.path = path
        self._draw = random.Random(7)
        self._written = 0
        self._paragraphs = paragraphs
        path.mkdir()
        for n in range(count):
            self._write(path / f"report {n:03d}.txt")

    def edit(self) -> None:
        """Change three files, add one, rename one, delete one."""
        files = self._draw.sample(sorted(self.path.iterdir()), 5)
        for file in files[:3]:
            self._write(file)
        self._write(self.path / f"new {self._written}.txt")
        files[3].rename(self.path / f"renamed {self._written}.txt")
        files[4].unlink()

    def change(self, count: int) -> None:
        """Write some files anew."""
        for file in self._draw.sample(sorted(self.path.iterdir()), count):
            self._write(file)

    def _write(self, path: Path) -> None:
        paragraphs = []
        for _ in range(self._paragraphs):
            self._written += 1
            sentences = [
                f"The {' '.join(self._draw.sample(sorted(WORDS), 6))} is machine {self._written}." for _ in range(12)
            ]
            paragraphs.append(" ".join(sentences))
        path.write_text("\n\n".join(paragraphs))


def contents(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """What the ledger holds of the files that are there, without what may differ between two runs (ids, times)."""
    database = Database(
        home.knowledge / "ledger.sqlite", home.root / "elsewhere", MIGRATIONS, backup_every_s=float("inf")
    )
    there = "f.status<>'missing'"
    try:
        return {
            "files": database.query(
                f"SELECT path, size, hash, status, reason, pages, chunks FROM files f WHERE {there} ORDER BY path"
            ),
            "texts": database.query(
                f"SELECT path, deflated FROM texts JOIN files f ON f.id=file_id WHERE {there} ORDER BY path"
            ),
            "chunks": database.query(
                'SELECT path, ordinal, start, "end", heading, page, text, c.hash, vector FROM chunks c JOIN files f '
                f"ON f.id=c.file_id LEFT JOIN vectors v ON v.id=c.vector_id WHERE {there} ORDER BY path, ordinal"
            ),
            "words": database.query(
                "SELECT path, ordinal FROM words w JOIN chunks c ON c.id=w.rowid JOIN files f ON f.id=c.file_id "
                f"WHERE words MATCH 'machine' AND {there} ORDER BY path, ordinal"
            ),
            "nothing left over": database.query(
                "SELECT 'word', rowid FROM words WHERE words MATCH 'machine' AND rowid NOT IN (SELECT id FROM chunks) "
                "UNION SELECT 'chunk', id FROM chunks WHERE file_id NOT IN (SELECT id FROM files)"
            ),
            "sound": database.query("PRAGMA integrity_check"),
        }
    finally:
        database.close()


def check_index(home: Home) -> int:
    """Chroma itself, without our code: it has the embedded chunks and no others, and finds each by its vector."""
    import chromadb
    from chromadb.config import Settings

    folder = home.knowledge / "vectors"
    client = chromadb.PersistentClient(
        str(folder / (folder / "current").read_text()), Settings(_env_file=None, anonymized_telemetry=False)
    )
    [collection] = client.list_collections()
    held = collection.get(include=["embeddings"])
    database = Database(home.knowledge / "ledger.sqlite", home.root / "elsewhere", MIGRATIONS)
    embedded = [str(row[0]) for row in database.query("SELECT id FROM chunks WHERE vector_id IS NOT NULL")]
    database.close()
    assert sorted(held["ids"]) == sorted(embedded)
    for chunk, vector in zip(held["ids"], held["embeddings"], strict=True):
        found = collection.query(query_embeddings=[vector], n_results=5, include=["distances"])
        assert chunk in found["ids"][0]
    return len(embedded)


def all_files(client: KnowledgeClient, collection: int) -> dict[str, FileInfo]:
    return {file.path: file for file in client.list_files(collection, limit=10_000).files}


def test_sixty_kills_of_the_worker_lose_nothing(tmp_path: Path, embedding_model: Path) -> None:
    folder = Folder(tmp_path / "documents")
    home = Home(tmp_path / "rough").create()
    ended = threading.Semaphore(0)
    client = KnowledgeClient(home, embedding_model, on_exit=lambda _: ended.release())
    collection = client.create_collection("Reports", [folder.path]).id
    draw = random.Random(11)
    pause = threading.Event()
    known: dict[str, FileInfo] = {}
    for number in range(WORKER_KILLS):
        if number % 3 == 2:  # while it starts
            starting = threading.Thread(target=rescan_or_die, args=(client, collection))
            starting.start()
            pause.wait(draw.uniform(0.0, 1.5))
            kill(client)
            starting.join()
        else:
            now = all_files(client, collection)
            for path, file in known.items():
                # What a reply said was indexed is still there after the kill, unless the file itself went away.
                assert not Path(path).exists() or (now[path].id == file.id and now[path].chunks > 0), path
            folder.edit()
            client.rescan(collection)
            pause.wait(draw.uniform(0.0, 1.5))
            known = {path: file for path, file in all_files(client, collection).items() if file.status == "indexed"}
            kill(client)
        assert ended.acquire(timeout=10)
    client.rescan(collection)
    info = wait_until_indexed(client, collection, timeout_s=240)
    there = len(list(folder.path.iterdir()))
    assert (info.indexed, info.failed, info.pending, info.problem) == (there, 0, 0, "")
    client.close()

    calm_home = Home(tmp_path / "calm").create()
    calm = KnowledgeClient(calm_home, embedding_model)
    wait_until_indexed(calm, calm.create_collection("Reports", [folder.path]).id, timeout_s=240)
    calm.close()
    rough = contents(home)
    assert rough == contents(calm_home)
    assert rough["nothing left over"] == [] and rough["sound"] == [("ok",)]
    assert check_index(home) >= info.embedded


def kill(client: KnowledgeClient) -> None:
    """Once it runs; at whatever it does."""
    while (pid := client.pid) is None:
        threading.Event().wait(0.001)
    os.kill(pid, signal.SIGKILL)


def rescan_or_die(client: KnowledgeClient, collection: int) -> None:
    with contextlib.suppress(WorkerError):
        client.rescan(collection)


def test_thirty_kills_of_the_parser_fail_a_file_each_at_most(tmp_path: Path, home: Home, embedding_model: Path) -> None:
    folder = Folder(tmp_path / "documents")
    client = KnowledgeClient(home, embedding_model)
    try:
        collection = client.create_collection("Reports", [folder.path]).id
        draw = random.Random(5)
        worker_pid = client.pid
        assert worker_pid is not None
        killed: set[int] = set()
        pause = threading.Event()
        deadline = time.monotonic() + 240
        while len(killed) < PARSER_KILLS:
            assert time.monotonic() < deadline
            if not client.list_collections()[0].pending:
                folder.change(40)
                client.rescan(collection)
            parsers = [p for p in psutil.Process(worker_pid).children() if is_spawned(p) and p.pid not in killed]
            for parser in parsers:
                pause.wait(draw.uniform(0.0, 0.6))
                parser.kill()
                killed.add(parser.pid)
        info = wait_until_indexed(client, collection, timeout_s=240)
        assert info.indexed + info.failed == FILES
        assert info.failed <= PARSER_KILLS
        for file in client.list_files(collection, status="failed").files:
            assert "ended" in file.reason
        client.rescan(collection, retry_failed=True)
        info = wait_until_indexed(client, collection, timeout_s=240)
        assert (info.indexed, info.failed) == (FILES, 0)
        assert client.pid == worker_pid
    finally:
        client.close()


def is_spawned(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_is_said_in_words_and_indexing_goes_on_when_there_is_room(
    tmp_path: Path, small_disk: Path, embedding_model: Path
) -> None:
    folder = Folder(tmp_path / "documents", count=120, paragraphs=4)
    home = Home(small_disk / "home").create()
    client = KnowledgeClient(home, embedding_model)
    try:
        first = client.create_collection("First", [sorted(folder.path.iterdir())[0]]).id
        wait_until_indexed(client, first)
        fill(small_disk / "other", keep=200_000)
        collection = client.create_collection("Reports", [folder.path]).id
        info = wait_until_indexed(client, collection, lambda info: "disk is full" in info.problem)
        assert info.pending or info.embedded < info.chunks
        assert client.search([first], "Which machine is it?").passages  # what is there still answers
        pid = client.pid
        (small_disk / "other").unlink()
        info = wait_until_indexed(client, collection, timeout_s=240)
        assert (info.indexed, info.failed, info.problem, client.pid) == (120, 0, "", pid)
        client.close()
        assert contents(home)["sound"] == [("ok",)]
        assert check_index(home) >= info.chunks
    finally:
        client.close()


def fill(path: Path, keep: int) -> None:
    """Write until the disk has about ``keep`` bytes left."""
    free = shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        file.write(bytes(max(0, free - keep)))
