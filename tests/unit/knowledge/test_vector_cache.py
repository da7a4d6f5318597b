"""The same text is never embedded twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.database import Database
from app.knowledge.embed_llama import Vectors
from app.knowledge.ledger import Ledger
from app.knowledge.vector_cache import VectorCache, embedded_text
from tests.helpers.knowledge import open_database, put_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def vector(seed: int) -> Vectors:
    found = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def embed_all(cache: VectorCache) -> int:
    """Give every waiting chunk a vector; returns how many had to be computed."""
    computed = 0
    while waiting := cache.waiting(3):
        vectors = {}
        for chunk in waiting:
            if chunk.known is None and chunk.hash not in vectors:
                computed += 1
            vectors[chunk.hash] = chunk.known if chunk.known is not None else vector(len(chunk.text))
        cache.store(vectors.items(), [chunk.id for chunk in waiting])
    return computed


def test_only_new_texts_wait(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "model-a")
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nbeta\n\ngamma\n\ndelta")
    assert embed_all(cache) == 4
    assert ledger.counts(notes).embedded == 4
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nBETA\n\ngamma\n\ndelta")
    assert [chunk.text for chunk in cache.waiting(10)] == ["BETA"]
    assert embed_all(cache) == 1


def test_collections_share_vectors(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "model-a")
    put_file(ledger, ledger.create_collection("One", []), "/n/a.txt", "alpha\n\nbeta")
    embed_all(cache)
    two = ledger.create_collection("Two", [])
    put_file(ledger, two, "/copy/a.txt", "alpha\n\nbeta")
    assert embed_all(cache) == 0
    assert ledger.counts(two).embedded == 2


def test_another_model_has_its_own_vectors_and_the_first_ones_come_back(database: Database) -> None:
    ledger = Ledger(database)
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nbeta")
    assert embed_all(VectorCache(database, "model-a")) == 2
    other = VectorCache(database, "model-b")
    assert ledger.counts(notes).embedded == 0
    assert embed_all(other) == 2
    first = VectorCache(database, "model-a")
    assert ledger.counts(notes).embedded == 2
    assert first.waiting(10) == []


def test_vectors_come_back_as_they_were_to_16_bits(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "model-a")
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nbeta beta")
    embed_all(cache)
    ids, matrix = cache.vectors_of(cache.embedded_ids())
    assert matrix.shape == (2, 384)
    for chunk_id, row in zip(ids, matrix, strict=True):
        [(text,)] = database.query("SELECT text FROM chunks WHERE id=?", (chunk_id,))
        assert row @ vector(len(text)) > 0.9999
    assert cache.vectors_of([])[0] == []


def test_a_chunk_that_went_away_meanwhile_gets_nothing(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "model-a")
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nbeta")
    waiting = cache.waiting(2)
    put_file(ledger, notes, "/n/a.txt", "alpha")
    alive = cache.store([(chunk.hash, vector(1)) for chunk in waiting], [chunk.id for chunk in waiting])
    assert alive == [waiting[0].id]


def test_vectors_of_texts_that_are_nowhere_any_more_go_at_the_next_start(database: Database) -> None:
    ledger, cache = Ledger(database), VectorCache(database, "model-a")
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/a.txt", "alpha\n\nbeta")
    embed_all(cache)
    put_file(ledger, notes, "/n/a.txt", "alpha")
    VectorCache(database, "model-a")
    assert database.query("SELECT count(*) FROM vectors") == [(1,)]


def test_headings_are_embedded_once() -> None:
    assert embedded_text("", "text") == "text"
    assert embedded_text("Guide › Warranty", "It lasts.") == "Guide › Warranty\nIt lasts."
    assert embedded_text("Guide › Warranty", "## Warranty\n\nIt lasts.") == "Guide\n## Warranty\n\nIt lasts."
    assert embedded_text("Warranty", "Warranty\nIt lasts.") == "Warranty\nIt lasts."
