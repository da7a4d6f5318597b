"""Comparing with every vector is right after every change of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.database import Database
from app.knowledge.embed_llama import Vectors
from app.knowledge.exact import ExactSearch
from app.knowledge.ledger import Ledger
from app.knowledge.vector_cache import VectorCache
from tests.helpers.knowledge import open_database, put_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def vector(text: str) -> Vectors:
    found = np.random.default_rng(list(text.encode())).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def put(database: Database, cache: VectorCache, collection: int, path: str, *texts: str) -> None:
    put_file(Ledger(database), collection, path, "\n\n".join(texts))
    waiting = cache.waiting(100)
    cache.store([(chunk.hash, vector(chunk.text)) for chunk in waiting], [chunk.id for chunk in waiting])


def found(database: Database, search: ExactSearch, text: str, *collections: int) -> list[str]:
    """All texts, nearest first."""
    nearest = search.nearest(vector(text), collections)
    assert nearest is not None
    ids, cosines = nearest
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
    texts: dict[int, str] = dict(database.query("SELECT id, text FROM chunks"))
    return [texts[chunk] for chunk in ids]


def test_the_nearest_come_first_from_the_collections_asked(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "m")
    one, two = ledger.create_collection("One", []), ledger.create_collection("Two", [])
    put(database, cache, one, "/1", "red", "green")
    put(database, cache, two, "/2", "blue", "grey")
    search = ExactSearch(cache)
    assert found(database, search, "grey", one, two)[0] == "grey"
    assert sorted(found(database, search, "grey", one, two)) == ["blue", "green", "grey", "red"]
    assert found(database, search, "red", one)[0] == "red"
    assert sorted(found(database, search, "red", two)) == ["blue", "grey"]
    assert found(database, search, "red") == []


def test_changes_of_the_ledger_are_seen(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "m")
    one = ledger.create_collection("One", [])
    search = ExactSearch(cache)
    assert found(database, search, "red", one) == []
    put(database, cache, one, "/1", "red", "green")
    assert found(database, search, "red", one)[0] == "red"
    put(database, cache, one, "/2", "blue")
    assert found(database, search, "blue", one)[0] == "blue"
    put(database, cache, one, "/1", "red", "white")
    assert sorted(found(database, search, "white", one)) == ["blue", "red", "white"]
    assert found(database, search, "white", one)[0] == "white"
    put(database, cache, one, "/1", "black")
    put(database, cache, one, "/2", "pink")
    assert found(database, search, "pink", one) == ["pink", "black"]
    ledger.remove_collection(one)
    assert found(database, search, "pink", one) == []


def test_too_many_are_not_compared_and_few_are_held(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "m")
    one, two = ledger.create_collection("One", []), ledger.create_collection("Two", [])
    put(database, cache, one, "/1", "red", "green")
    put(database, cache, two, "/2", "blue", "grey")
    search = ExactSearch(cache, up_to=3)
    assert search.nearest(vector("red"), [one, two]) is None
    for collection in (one, two, one):
        assert len(found(database, search, "red", collection)) == 2
