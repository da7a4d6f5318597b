"""The vector index is right after anything that can happen to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.database import Database
from app.core.errors import DiskFull
from app.knowledge.embed_llama import Vectors
from app.knowledge.ledger import Ledger
from app.knowledge.vector_cache import VectorCache
from app.knowledge.vectors import VectorIndex
from tests.helpers.knowledge import open_database, put_file

TEXTS = [f"text number {n}" for n in range(40)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    ledger = Ledger(opened)
    put_file(ledger, ledger.create_collection("Notes", []), "/n/a.txt", "\n\n".join(TEXTS))
    yield opened
    opened.close()


@pytest.fixture
def cache(database: Database) -> VectorCache:
    made = VectorCache(database, "model")
    waiting = made.waiting(100)
    made.store([(chunk.hash, vector(chunk.id)) for chunk in waiting], [chunk.id for chunk in waiting])
    return made


def vector(seed: int) -> Vectors:
    found = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def opened(tmp_path: Path, cache: VectorCache, rebuilt: list[str] | None = None) -> VectorIndex:
    index = VectorIndex(tmp_path / "vectors", "model", cache, (rebuilt if rebuilt is not None else []).append)
    index.open()
    return index


def assert_whole(index: VectorIndex, cache: VectorCache) -> None:
    ids = cache.embedded_ids()
    for chunk_id in ids:
        [(nearest, cosine)] = index.nearest(vector(chunk_id), 1)
        assert nearest == chunk_id
        assert cosine > 0.999
    assert len(index.nearest(vector(0), 1000)) == len(ids)


def current_folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors" / (tmp_path / "vectors" / "current").read_text()


def test_a_new_index_is_filled_from_the_cache_without_a_word(tmp_path: Path, cache: VectorCache) -> None:
    rebuilt: list[str] = []
    assert_whole(opened(tmp_path, cache, rebuilt), cache)
    assert rebuilt == []


def test_nothing_is_found_and_nothing_fails_before_it_is_open(tmp_path: Path, cache: VectorCache) -> None:
    index = VectorIndex(tmp_path / "vectors", "model", cache, print)
    assert not index.ready
    assert index.nearest(vector(1), 5) == []
    index.add([1], [vector(1)])
    index.remove([1])


def test_vectors_are_added_and_removed(tmp_path: Path, cache: VectorCache) -> None:
    index = opened(tmp_path, cache)
    index.add([1000], [vector(1000)])
    assert index.nearest(vector(1000), 1)[0][0] == 1000
    index.remove([1000, 4242])
    assert index.nearest(vector(1000), 1)[0][0] != 1000


def test_opening_brings_it_up_to_date_with_the_ledger(tmp_path: Path, database: Database, cache: VectorCache) -> None:
    index = opened(tmp_path, cache)
    index.add([1000], [vector(1000)])  # the ledger does not know it
    index.remove([1, 2, 3])  # and these are lost
    folder = current_folder(tmp_path)
    rebuilt: list[str] = []
    again = opened(tmp_path, cache, rebuilt)
    assert_whole(again, cache)
    assert rebuilt == [] and current_folder(tmp_path) == folder


def test_a_crash_while_it_was_opened_leads_to_a_new_one(tmp_path: Path, cache: VectorCache) -> None:
    opened(tmp_path, cache)
    old = current_folder(tmp_path)
    (tmp_path / "vectors" / "opening").touch()
    rebuilt: list[str] = []
    assert_whole(opened(tmp_path, cache, rebuilt), cache)
    assert len(rebuilt) == 1 and "crash" in rebuilt[0]
    assert current_folder(tmp_path) != old and not old.exists()
    assert not (tmp_path / "vectors" / "opening").exists()


def test_a_folder_that_is_gone_is_made_anew(tmp_path: Path, cache: VectorCache) -> None:
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "current").write_text("7")
    assert_whole(opened(tmp_path, cache), cache)


def test_a_graph_with_the_settings_of_an_earlier_version_is_drawn_anew(
    tmp_path: Path, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("app.knowledge.vectors._GRAPH", {"max_neighbors": 16})
        opened(tmp_path, cache)
    old, rebuilt = current_folder(tmp_path), list[str]()
    assert_whole(opened(tmp_path, cache, rebuilt), cache)
    assert current_folder(tmp_path) != old and rebuilt == []
    kept = current_folder(tmp_path)
    opened(tmp_path, cache)
    assert current_folder(tmp_path) == kept


def test_a_name_of_the_index_that_cannot_be_read_is_written_anew(tmp_path: Path, cache: VectorCache) -> None:
    opened(tmp_path, cache)
    for damage in (b"\xff\xfe\x00 1", b"../..", b"1\x002"):
        (tmp_path / "vectors" / "current").write_bytes(damage)
        rebuilt: list[str] = []
        assert_whole(opened(tmp_path, cache, rebuilt), cache)
        assert len(rebuilt) == 1


def test_nothing_is_added_to_a_full_disk_and_all_is_there_once_there_is_room(
    tmp_path: Path, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(tmp_path, cache)
    with monkeypatch.context() as patch:
        full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
        patch.setattr(shutil, "disk_usage", lambda path: full)
        with pytest.raises(DiskFull, match=r"cannot grow.*disk is full"):
            index.add([999], [vector(999)])
    index.open()
    assert_whole(index, cache)
