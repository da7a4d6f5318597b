"""Passages by words and by meaning, with the real embedding model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.database import Database
from app.knowledge.embed import EmbeddingModel
from app.knowledge.ledger import Ledger
from app.knowledge.retrieve import Meaning, Retriever, fuse
from app.knowledge.vector_cache import VectorCache, embedded_text
from app.knowledge.vectors import VectorIndex
from tests.helpers.knowledge import open_database, put_file

STEAM = "The steam engine turns heat into motion.\n\nCoal is burned under the boiler."
PETS = "Kittens nap on the warm window sill.\n\nA puppy chews on slippers."


@pytest.fixture(scope="module")
def model(embedding_model: Path) -> Iterator[EmbeddingModel]:
    loaded = EmbeddingModel(embedding_model)
    yield loaded
    loaded.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    ledger = Ledger(opened)
    put_file(ledger, ledger.create_collection("Machines", []), "/m/steam.txt", STEAM)
    put_file(ledger, ledger.create_collection("Animals", []), "/a/pets.txt", PETS, heading="At home")
    yield opened
    opened.close()


@pytest.fixture
def meaning(tmp_path: Path, database: Database, model: EmbeddingModel) -> Meaning:
    cache = VectorCache(database, model.key)
    for chunk in cache.waiting(100):
        cache.store([(chunk.hash, model.embed_document(embedded_text(chunk.heading, chunk.text)))], [chunk.id])
    index = VectorIndex(tmp_path / "vectors", model.key, cache, print)
    index.open()
    return Meaning(model, cache, index)


def search(retriever: Retriever, query: str, collections: tuple[int, ...] = (1, 2), limit: int = 6) -> list[str]:
    return [p.text for p in retriever.search(collections, query, limit, retriever.embed(query)).passages]


def test_fusion_adds_reciprocal_ranks() -> None:
    fused = fuse([[1, 2, 3], [3, 1]])
    assert fused == [(1, 1 / 61 + 1 / 62), (3, 1 / 63 + 1 / 61), (2, 1 / 62)]
    assert fuse([[1], [2]], [2.0, 1.0]) == [(1, 2 / 61), (2, 1 / 61)]
    assert fuse([[5], [4]]) == [(4, 1 / 61), (5, 1 / 61)], "ties in a stable order"
    assert fuse([]) == []


def test_meaning_finds_what_words_do_not(database: Database, meaning: Meaning) -> None:
    query = "Where do the cats sleep?"
    assert search(Retriever(database, None), query) == []
    assert search(Retriever(database, meaning), query)[0] == "Kittens nap on the warm window sill."


def test_words_find_while_there_are_no_vectors(database: Database) -> None:
    assert search(Retriever(database, None), "boilers") == ["Coal is burned under the boiler."]


def test_passages_say_where_they_are_from(database: Database, meaning: Meaning) -> None:
    retriever = Retriever(database, meaning)
    found = retriever.search([2], "puppy slippers", 6, retriever.embed("puppy slippers"))
    first = found.passages[0]
    assert (first.number, first.path, first.title, first.heading) == (1, "/a/pets.txt", "pets.txt", "At home")
    assert PETS[first.start : first.end] == first.text == "A puppy chews on slippers."
    assert [p.number for p in found.passages] == list(range(1, len(found.passages) + 1))
    assert found.cosines[first.chunk_id] > 0.3


def test_only_the_collections_asked_for_answer(database: Database, meaning: Meaning) -> None:
    retriever = Retriever(database, meaning)
    assert {p.collection_id for p in retriever.search([1], "cats", 6, retriever.embed("cats")).passages} == {1}
    assert search(retriever, "cats", ()) == []


def test_a_small_collection_is_found_among_many_nearer_chunks(database: Database, meaning: Meaning) -> None:
    ledger = Ledger(database)
    crowd = ledger.create_collection("Crowd", [])
    put_file(ledger, crowd, "/c/cats.txt", "\n\n".join(f"Cats sleep on sofa number {n}." for n in range(1100)))
    sofa = meaning.model.embed_document("Cats sleep on the sofa.")
    waiting = meaning.cache.waiting(2000)
    meaning.cache.store([(chunk.hash, sofa) for chunk in waiting], [chunk.id for chunk in waiting])
    meaning.index.add([chunk.id for chunk in waiting], [sofa for _ in waiting])
    assert (
        search(Retriever(database, meaning), "Where do cats sleep?", (2,))[0] == "Kittens nap on the warm window sill."
    )


def test_what_nothing_else_is_about_is_found_whatever_graph_chroma_draws(
    tmp_path: Path, database: Database, meaning: Meaning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.knowledge.vectors._GRAPH", {"max_neighbors": 4, "ef_construction": 10, "ef_search": 10})
    ledger, cache, draw = Ledger(database), meaning.cache, np.random.default_rng(1)
    notes = ledger.create_collection("Notes", [])
    put_file(ledger, notes, "/n/notes.txt", "\n\n".join(f"entry {n}" for n in range(1510)))
    vectors = draw.normal(size=384) + 0.05 * draw.normal(size=(1510, 384))  # all of one topic,
    others = slice(1000, 1010)
    vectors[others] = draw.normal(size=(10, 384))  # but for these
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    waiting = cache.waiting(2000)
    cache.store(zip((c.hash for c in waiting), unit, strict=True), [c.id for c in waiting])
    for opening in range(3):
        index = VectorIndex(tmp_path / f"opening {opening}", meaning.model.key, cache, print)
        index.open()
        retriever = Retriever(database, Meaning(meaning.model, cache, index))
        for chunk, vector in zip(waiting[others], unit[others], strict=True):
            [first] = retriever.search([notes], "no such words", 1, vector).passages
            assert first.text == chunk.text


def test_near_duplicates_are_shown_once(database: Database, meaning: Meaning) -> None:
    ledger = Ledger(database)
    copies = ledger.create_collection("Copies", [])
    for name in ("a", "b", "c"):
        put_file(ledger, copies, f"/{name}.txt", "The steam engine turns heat into motion!")
    assert sum("steam" in text for text in search(Retriever(database, meaning), "steam engine", (1, copies))) == 1


def test_an_index_that_is_not_ready_does_not_matter_for_few_chunks(
    tmp_path: Path, database: Database, meaning: Meaning
) -> None:
    closed = VectorIndex(tmp_path / "other", "x", meaning.cache, print)
    retriever = Retriever(database, Meaning(meaning.model, meaning.cache, closed))
    assert search(retriever, "Where do the cats sleep?")[0] == "Kittens nap on the warm window sill."


def test_an_empty_question_finds_nothing(database: Database, meaning: Meaning) -> None:
    assert search(Retriever(database, meaning), "   ") == []
