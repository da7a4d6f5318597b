from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.database import Database
from app.core.paths import Home
from app.models.model import ModelSummary
from app.storage.library import FileStamp, LibraryRecords
from app.storage.schema import open_database

SUMMARY = ModelSummary(
    name="Tiny",
    kind="chat",
    architecture="llama",
    parameters=1000,
    quantization="Q8_0",
    bits_per_weight=8.5,
    size_bytes=1063,
    n_ctx_train=2048,
    n_layers=2,
    n_vocab=64,
    license="apache-2.0",
    chat_template="{{ messages }}",
)
STAMP = FileStamp(1063, 123)


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    opened = open_database(home)
    yield opened
    opened.close()


def test_a_model_comes_back_as_it_was_added_also_after_a_restart(home: Home) -> None:
    database = open_database(home)
    added = LibraryRecords(database).add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True)
    database.close()
    database = open_database(home)
    assert LibraryRecords(database).all() == [added]
    assert LibraryRecords(database).get(added.model.id) == added
    assert added.model.summary == SUMMARY
    assert added.model.title == "Tiny"
    assert added.stamp == STAMP
    assert added.model.added_at.tzinfo is not None
    database.close()


def test_one_path_is_one_model(database: Database) -> None:
    records = LibraryRecords(database)
    first = records.add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True)
    assert records.add(Path("/models/tiny.gguf"), SUMMARY, FileStamp(1, 1), in_place=False) == first
    assert records.by_path(Path("/models/tiny.gguf")) == first
    assert records.by_path(Path("/models/other.gguf")) is None


def test_copies_are_found_by_what_they_are_copies_of(database: Database) -> None:
    records = LibraryRecords(database)
    copy = records.add(Path("/own/tiny.gguf"), SUMMARY, STAMP, in_place=False, copied_from="/usb/tiny.gguf")
    assert records.by_origin(Path("/usb/tiny.gguf")) == copy
    assert records.by_path(Path("/usb/tiny.gguf")) is None


def test_rename_replace_and_remove(database: Database) -> None:
    records = LibraryRecords(database)
    model_id = records.add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True).model.id
    records.rename(model_id, "Mine")
    records.replace_summary(model_id, ModelSummary(**{**SUMMARY.__dict__, "n_layers": 9}), FileStamp(5, 6))
    found = records.get(model_id)
    assert found is not None
    assert (found.model.title, found.model.summary.n_layers, found.stamp) == ("Mine", 9, FileStamp(5, 6))
    records.remove(model_id)
    assert records.get(model_id) is None
    assert records.all() == []


def test_stamps_of_files(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    assert FileStamp.of(path) is None
    path.write_bytes(b"12345")
    assert FileStamp.of(path) == FileStamp(5, path.stat().st_mtime_ns)
