"""Collections as the person makes them: names, paths that are not there, events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.chat.sources import Evidence
from app.core.errors import DocumentError
from app.core.paths import Home
from app.knowledge.protocol import CollectionInfo, Collections, Notice
from app.services.documents import DocumentLibrary, relay
from app.services.events import CollectionsChanged, NoticeRaised
from app.storage.conversations import Conversations
from app.storage.schema import open_database
from tests.helpers.scripted import Recorder, ScriptedKnowledge


class Making(ScriptedKnowledge):
    """Remembers what it was asked to make and to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[str, list[str]]] = []
        self.removed: list[int] = []
        self.restored: list[int] = []

    def create_collection(self, name: str, roots: list[str]) -> CollectionInfo:
        self.made.append((name, roots))
        return self.list_collections()[0]

    def remove_collection(self, collection_id: int) -> None:
        self.removed.append(collection_id)

    def restore_collection(self, collection_id: int) -> CollectionInfo:
        self.restored.append(collection_id)
        return self.list_collections()[0]


class _Holding(Making):
    """Has one collection, of these folders."""

    def __init__(self, roots: list[str]) -> None:
        super().__init__()
        self._roots = roots
        self.scanned: list[int] = []

    def list_collections(self) -> list[CollectionInfo]:
        return [msgspec.structs.replace(info, roots=self._roots) for info in super().list_collections()]

    def rescan(self, collection_id: int, retry_failed: bool = False) -> CollectionInfo:
        self.scanned.append(collection_id)
        return self.list_collections()[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("trip/a.txt", "trip/b.txt", "other/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "name", "expected"),
    [
        (["trip"], None, "trip"),
        (["trip/a.txt"], None, "a.txt"),
        (["trip/a.txt", "trip/b.txt"], None, "trip"),
        (["trip/a.txt", "other/c.txt", "other"], None, "a.txt and 2 more"),
        (["trip"], "  Holidays ", "Holidays"),
        (["trip", "trip"], " ", "trip"),
    ],
)
def test_a_collection_is_named_after_what_is_in_it(
    folder: Path, paths: list[str], name: str | None, expected: str
) -> None:
    client, recorder = Making(), Recorder()
    DocumentLibrary(client, recorder).create([folder / path for path in paths], name)  # type: ignore[arg-type]
    ((made, roots),) = client.made
    assert made == expected
    assert roots == list(dict.fromkeys(str(folder / path) for path in paths))
    assert recorder.of(CollectionsChanged)


def test_what_is_a_collection_already_is_looked_through_again(folder: Path) -> None:
    client = _Holding([str(folder / "trip"), str(folder / "other")])
    documents = DocumentLibrary(client, Recorder())  # type: ignore[arg-type]
    assert documents.create([folder / "other", folder / "trip"]).id == 1
    assert (client.made, client.scanned) == ([], [1])
    documents.create([folder / "trip"])
    documents.create([folder / "other", folder / "trip"], "By name")
    assert [name for name, _roots in client.made] == ["trip", "By name"]


@pytest.mark.parametrize("paths", [[], ["nowhere"]])
def test_paths_that_are_not_there_are_refused(folder: Path, paths: list[str]) -> None:
    client: Any = Making()
    with pytest.raises(DocumentError):
        DocumentLibrary(client, Recorder()).create([folder / path for path in paths])
    assert client.made == []


def test_a_removed_collection_is_forgotten_everywhere_and_comes_back_where_it_was(home: Home) -> None:
    client: Any = Making()
    database = open_database(home)
    conversations = Conversations(database)
    with_it, without_it, deleted = (conversations.create().id for _ in range(3))
    for conversation in (with_it, deleted):
        conversations.attach(conversation, 7)
    documents = DocumentLibrary(client, Recorder(), conversations)
    documents.remove(7)
    assert client.removed == [7]
    assert list(conversations.get(with_it).collection_ids) == []
    database.execute("DELETE FROM conversations WHERE id=?", (deleted,))
    documents.restore(7)
    assert client.restored == [7]
    assert (list(conversations.get(with_it).collection_ids), list(conversations.get(without_it).collection_ids)) == (
        [7],
        [],
    )
    documents.restore(7)
    database.close()


class _SecondQuoted(ScriptedKnowledge):
    def search(self, collection_ids: list[int], query: str, limit: int = 6, quotes: int = 3) -> Evidence:
        found = super().search(collection_ids, query, limit, quotes)
        (tower,) = found.passages
        nearer = replace(tower, number=1, path="/towers/list.md")
        return replace(
            found,
            passages=(nearer, replace(tower, number=2)),
            quotes=tuple(replace(quote, passage=2) for quote in found.quotes),
        )


def test_sources_are_numbered_as_they_are_shown() -> None:
    client: Any = _SecondQuoted()
    documents = DocumentLibrary(client, Recorder())
    evidence = documents.search([1], "how high is the tower?")
    assert [quote.passage for quote in evidence.quotes] == [1]
    assert [(passage.number, passage.path) for passage in evidence.passages] == [
        (1, "/towers/paris.md"),
        (2, "/towers/list.md"),
    ]


def test_unasked_words_of_the_worker_become_events() -> None:
    recorder = Recorder()
    tell = relay(recorder)
    tell(Collections([]))
    tell(Notice("The index was rebuilt.", "It was damaged.", "Nothing is lost."))
    assert recorder.events == [
        CollectionsChanged(()),
        NoticeRaised("The index was rebuilt.", "It was damaged.", "Nothing is lost.", "warning"),
    ]
