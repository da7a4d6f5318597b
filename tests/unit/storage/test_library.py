from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.database import Database
from app.core.paths import Home
from app.models.adapter import AdapterSummary, AttachedAdapter
from app.models.model import ModelSummary
from app.models.preset import NO_PRESET, Preset
from app.models.source import ModelSource, NewerFile
from app.storage.library import FileStamp, LibraryRecords
from app.storage.schema import MIGRATIONS, open_database

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
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


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


def test_notes_presets_sources_and_the_accepted_template_are_kept(database: Database) -> None:
    records = LibraryRecords(database)
    model_id = records.add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True).model.id
    records.set_notes(model_id, "Fast.\nWrong about dates.")
    records.set_preset(model_id, Preset(temperature=0.2, n_ctx=1024))
    records.set_source(model_id, ModelSource("ada/tiny", "abc", "tiny.gguf"))
    records.replace_summary(model_id, replace(SUMMARY, chat_template="{{ other }}"), STAMP)
    found = records.get(model_id)
    assert found is not None
    assert found.model.notes == "Fast.\nWrong about dates."
    assert found.preset == Preset(temperature=0.2, n_ctx=1024)
    assert found.model.source == ModelSource("ada/tiny", "abc", "tiny.gguf")
    assert found.model.template_changed
    assert found.accepted_template == "{{ messages }}"
    records.accept_template(model_id, "{{ other }}")
    records.set_preset(model_id, NO_PRESET)
    found = records.get(model_id)
    assert found is not None
    assert not found.model.template_changed
    assert found.preset == NO_PRESET


def test_a_deleted_model_is_not_listed_and_comes_back(database: Database) -> None:
    records = LibraryRecords(database)
    model_id = records.add(Path("/own/tiny.gguf"), SUMMARY, STAMP, in_place=False, copied_from="/usb/t").model.id
    records.set_deleted(model_id, NOON, "/trash/1/tiny.gguf", "/own/tiny.gguf")
    assert records.all() == []
    assert records.by_origin(Path("/usb/t")) is None
    (deleted,) = records.deleted()
    assert (deleted.deleted_at, deleted.deleted_from) == (NOON, "/own/tiny.gguf")
    records.set_deleted(model_id, None, "/own/tiny.gguf", "")
    assert [record.model.path for record in records.all()] == ["/own/tiny.gguf"]
    assert records.deleted() == []


def test_a_hash_holds_as_long_as_the_file_is_the_same(database: Database) -> None:
    hashes = LibraryRecords(database).hashes
    assert hashes.get("/m.gguf", STAMP) == ""
    hashes.set("/m.gguf", STAMP, "ABC")
    assert hashes.get("/m.gguf", STAMP) == "abc"
    assert hashes.get("/m.gguf", FileStamp(1063, 124)) == ""
    assert hashes.get("/m.gguf", None) == ""
    assert hashes.last("/m.gguf") == "abc"
    hashes.moved("/m.gguf", "/n.gguf")
    assert (hashes.last("/m.gguf"), hashes.get("/n.gguf", STAMP)) == ("", "abc")


def test_adapters_are_kept_with_their_uses(database: Database) -> None:
    records = LibraryRecords(database)
    model_id = records.add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True).model.id
    summary = AdapterSummary("Pirate", "llama", "Tiny", 8, 16.0, 24, 5000)
    adapter = records.adapters.add(Path("/models/pirate.gguf"), summary)
    assert records.adapters.add(Path("/models/pirate.gguf"), summary) == adapter
    assert not adapter.present
    records.adapters.attach(model_id, adapter.id, 1.0)
    records.adapters.attach(model_id, adapter.id, 0.5)
    assert records.adapters.attached() == {model_id: (AttachedAdapter(adapter, 0.5),)}
    records.adapters.detach(model_id, adapter.id)
    assert records.adapters.attached() == {}
    records.adapters.attach(model_id, adapter.id, 1.0)
    records.remove(model_id)
    assert (records.adapters.attached(), records.adapters.all()) == ({}, [adapter])
    records.adapters.remove(adapter.id)
    assert records.adapters.get(adapter.id) is None


def test_a_library_of_an_earlier_version_keeps_its_models(home: Home) -> None:
    earlier = [migration for migration in MIGRATIONS if "presets" not in migration.name]
    database = Database(home.database, home.backups, earlier[: 1 + [m.name for m in earlier].index("models")])
    old = {"name": "Tiny", "kind": "chat", "architecture": "llama", "parameters": 1000, "quantization": "Q8_0"}
    old |= {"bits_per_weight": 8.5, "size_bytes": 1063, "n_ctx_train": 2048, "n_layers": 2, "n_vocab": 64}
    old |= {"license": "", "chat_template": "{{ messages }}"}
    database.execute(
        "INSERT INTO models(path, in_place, added_at, size_bytes, mtime_ns, summary) VALUES (?, 1, ?, 1063, 123, ?)",
        ("/models/tiny.gguf", NOON.isoformat(), json.dumps(old)),
    )
    database.close()
    database = open_database(home)
    (record,) = LibraryRecords(database).all()
    database.close()
    assert record.model.summary.name == "Tiny"
    assert record.stamp.mtime_ns == 0, "the header is read again, for what was not kept then"
    assert not record.model.template_changed


def test_a_newer_file_that_was_found_is_known_after_a_restart(home: Home) -> None:
    database = open_database(home)
    added = LibraryRecords(database).add(Path("/models/tiny.gguf"), SUMMARY, STAMP, in_place=True)
    newer = NewerFile(ModelSource("ada/tiny", "def", "tiny.gguf"), "f" * 64, "There is another one.", NOON)
    LibraryRecords(database).set_newer(added.model.id, newer)
    database.close()
    database = open_database(home)
    records = LibraryRecords(database)
    assert [record.model.newer for record in records.all()] == [newer]
    records.set_newer(added.model.id, None)
    assert records.all() == [added]
    database.close()
