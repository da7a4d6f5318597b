"""Full-text search takes any question, and finds by stems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.database import Database
from app.knowledge.ledger import Ledger
from app.knowledge.word_index import WordIndex
from tests.helpers.knowledge import open_database, put_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    ledger = Ledger(opened)
    engines = ledger.create_collection("Engines", [])
    put_file(
        ledger,
        engines,
        "/e/watt.txt",
        "James Watt improved the steam engine.\n\nNear the river, a mill AND a NOT gate.",
    )
    put_file(ledger, engines, "/e/tea.txt", "Tea is steeped in hot water.", heading="Brewing › Temperature")
    other = ledger.create_collection("Other", [])
    put_file(ledger, other, "/o/engines.txt", "Engines, engines, engines.")
    yield opened
    opened.close()


def found(database: Database, query: str, collections: tuple[int, ...] = (1,)) -> list[str]:
    index = WordIndex(database)
    ids = [chunk for chunk, _ in index.search(index.terms(query), collections, 10)]
    return [database.query("SELECT text FROM chunks WHERE id=?", (chunk,))[0][0] for chunk in ids]


def test_words_are_found_by_their_stem_in_text_headings_and_names(database: Database) -> None:
    assert found(database, "Who was improving engines?") == ["James Watt improved the steam engine."]
    assert found(database, "temperatures") == ["Tea is steeped in hot water."]
    assert found(database, "tea")[0] == "Tea is steeped in hot water."


def test_whose_it_is_changes_no_word(database: Database) -> None:
    assert found(database, "What was Watt’s?")[0] == "James Watt improved the steam engine."
    terms = WordIndex(database).terms("What's Watt's engine?")
    assert [(term.text, term.is_known) for term in terms] == [("watt", True), ("engine", True)]


def test_only_the_collections_asked_for_are_searched(database: Database) -> None:
    assert found(database, "engine", (2,)) == ["Engines, engines, engines."]
    assert set(found(database, "engine", (1, 2))) == {
        "Engines, engines, engines.",
        "James Watt improved the steam engine.",
    }
    assert found(database, "engine", ()) == []


@pytest.mark.parametrize(
    "query",
    [
        '" OR * NEAR(',
        'steam" OR "tea',
        "NEAR(steam engine, 5)",
        "text:steam",
        "{text heading}: steam",
        "^steam",
        "-steam +engine",
        "steam*",
        "a AND NOT (b OR c",
        "steam\x00engine",
        "'; DROP TABLE words; --",
        "🧳 «steam»",
        "\ud800steam",
    ],
)
def test_nothing_in_a_question_is_an_operator(database: Database, query: str) -> None:
    texts = found(database, query)
    assert "Tea is steeped in hot water." not in texts or "tea" in query, "a negation or a prefix was obeyed"
    if "steam" in query:
        assert "James Watt improved the steam engine." in texts


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_question(database: Database, query: str) -> None:
    found(database, query)


def test_operators_are_searched_as_words(database: Database) -> None:
    assert found(database, "near AND gate")[0].startswith("Near the river")


def test_common_words_are_dropped_unless_there_are_no_others(database: Database) -> None:
    index = WordIndex(database)
    assert [term.text for term in index.terms("What is the steam engine?")] == ["steam", "engine"]
    assert [term.text for term in index.terms("what is it")] == ["what", "is", "it"]
    assert index.terms("?!") == []


def test_rare_words_weigh_more_and_unknown_ones_most(database: Database) -> None:
    engine, james, unknown = WordIndex(database).terms("engine james xylophone")
    assert engine.idf < james.idf < unknown.idf
    assert (engine.is_known, unknown.is_known) == (True, False)


def test_missing_files_are_not_found(database: Database) -> None:
    ledger = Ledger(database)
    ledger.mark_missing([ledger.files(1)["/e/watt.txt"]], "Gone.")
    assert found(database, "watt steam") == []
