"""Other programs' models in the library."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from app.core.errors import Cancelled
from app.core.jobs import CancelToken, Progress
from app.models.places.values import FoundModel
from app.models.source import ModelSource
from tests.helpers import gguf_files, places
from tests.helpers.library import Bench
from tests.helpers.lora import write_lora
from tests.helpers.places import Ollama, hub_snapshot, model_bytes, put

FOUND = (FoundModel("/a", "tiny", "Ollama", 1),)


def test_an_ollama_model_is_used_in_place_under_its_own_name(bench: Bench) -> None:
    ollama = Ollama(bench.folders.home / ".ollama/models")
    blob = ollama.tag("llama3.2:1b", model_bytes("Meta Llama"))
    with places.untouched(bench.folders.home):
        (report,) = bench.library.places.find()
        assert not report.found[0].in_library
        (model,) = bench.library.places.add(report.found).models
        assert bench.library.models() == [model]
    assert (model.title, model.program, model.path, model.in_place) == ("llama3.2:1b", "Ollama", str(blob), True)
    assert model.sha256 == blob.name.removeprefix("sha256-"), "known without reading it"
    (report,) = bench.library.places.find()
    assert report.found[0].in_library
    assert bench.library.places.add(report.found).models == (model,), "twice is once"
    bench.library.rename(model.id, "Mine")
    assert bench.only().title == "Mine"
    bench.library.rename(model.id, "")
    assert bench.only().title == "llama3.2:1b"
    with places.untouched(bench.folders.home):
        bench.library.delete(model.id)
        bench.library.trash.empty()
    assert blob.is_file()


def test_a_split_model_of_the_hub_cache_is_kept_by_its_links(bench: Bench, tmp_path: Path) -> None:
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path, 2, "big")
    cache = bench.folders.home / ".cache/huggingface/hub"
    snapshot = hub_snapshot(cache, "ada/big", "a" * 40, {part.name: part.read_bytes() for part in parts})
    (report,) = bench.library.places.find()
    (model,) = bench.library.places.add(report.found).models
    assert model.parts == tuple(str(snapshot / part.name) for part in parts)
    assert model.source == ModelSource("ada/big", "a" * 40, parts[0].name)
    assert model.present


def test_what_cannot_be_used_is_named_and_the_others_are_added(bench: Bench) -> None:
    ollama = Ollama(bench.folders.home / ".ollama/models")
    ollama.tag("good:1", model_bytes("Good"))
    os.truncate(ollama.tag("cut:1", model_bytes("Cut")), 50)
    ollama.tag("junk:1", b"GGUF but nothing else")
    (report,) = bench.library.places.find()
    seen: list[Progress] = []
    added = bench.library.places.add(report.found, seen.append)
    assert [name for name, _ in added.failed] == ["cut:1", "junk:1"]
    assert "50 of" in added.failed[0][1].why
    assert [model.title for model in added.models] == ["good:1"]
    assert [(each.done, each.total, each.phase) for each in seen] == [
        (0, 3, "cut:1"),
        (1, 3, "good:1"),
        (2, 3, "junk:1"),
    ]
    assert [model.title for model in bench.library.models()] == ["good:1"]


def test_a_moved_model_is_found_in_another_programs_folder_by_its_hash(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "deep" / "models").mkdir(parents=True)
    path = gguf_files.llama(tmp_path / "deep" / "models" / "m.gguf")
    model = bench.add(path)
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    assert bench.library.moved.look_for(model.id) == "", "it is there"
    blob = Ollama(bench.folders.home / ".ollama/models").tag("tiny:1b", path.read_bytes())
    path.unlink()
    found = bench.library.moved.look_for(model.id)
    assert found == str(blob)
    again = bench.library.moved.relink(model.id, Path(found))
    assert (again.present, again.path, again.in_place) == (True, str(blob), True)
    assert (again.program, again.found_name) == ("Ollama", "tiny:1b")


def test_without_both_hashes_length_and_name_tell_a_moved_model(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "deep" / "models").mkdir(parents=True)
    path = gguf_files.llama(tmp_path / "deep" / "models" / "m.gguf")
    content = path.read_bytes()
    model = bench.add(path)
    path.unlink()
    home, cache = bench.folders.home, ".cache/huggingface/hub"
    snapshot = hub_snapshot(home / cache, "ada/tiny", "a" * 40, {"m.gguf": content, "n.gguf": content})
    assert bench.library.moved.look_for(model.id) == str(snapshot / "m.gguf"), "its own hash is not known"
    path.write_bytes(content)
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    path.unlink()
    (home / cache).rename(home / "gone")
    hub_snapshot(home / cache, "ada/tiny", "a" * 40, {"m.gguf": content[:-1] + b"?"})
    assert bench.library.moved.look_for(model.id) == "", "as long, with another hash"
    put(home / ".lmstudio/models/ada/tiny/m.gguf", content)
    assert bench.library.moved.look_for(model.id) == str(home / ".lmstudio/models/ada/tiny/m.gguf"), "theirs is not"


def test_what_another_program_only_claims_to_have_is_no_moved_model(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "deep" / "models").mkdir(parents=True)
    path = gguf_files.llama(tmp_path / "deep" / "models" / "m.gguf")
    model = bench.add(path)
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    Ollama(bench.folders.home / ".ollama/models").tag("tiny:1b", path.read_bytes()).unlink()
    path.unlink()
    assert bench.library.moved.look_for(model.id) == ""


def test_a_deleted_one_comes_back_when_it_is_added_again(bench: Bench) -> None:
    Ollama(bench.folders.home / ".ollama/models").tag("tiny:1b", model_bytes("Tiny"))
    (report,) = bench.library.places.find()
    (model,) = bench.library.places.add(report.found).models
    bench.library.set_notes(model.id, "Good.")
    bench.library.delete(model.id)
    (again,) = bench.library.places.add(report.found).models
    assert (again.id, again.notes) == (model.id, "Good.")


def test_a_model_that_its_program_updated_or_deleted_is_said(bench: Bench) -> None:
    ollama = Ollama(bench.folders.home / ".ollama/models")
    blob = ollama.tag("tiny:1b", model_bytes("Tiny"))
    (report,) = bench.library.places.find()
    bench.library.places.add(report.found)
    blob.unlink()
    ollama.tag("tiny:1b", model_bytes("Tiny, newer"))
    model = bench.only()
    assert model.missing_reason == "Ollama does not have this file any more: it was updated or deleted there."
    (report,) = bench.library.places.find()
    assert [(found.name, found.in_library) for found in report.found] == [("tiny:1b", False)]


def test_an_adapter_of_ollamas_becomes_an_adapter(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    lora = write_lora(tmp_path / "lora.gguf", base)
    Ollama(bench.folders.home / ".ollama/models").tag(
        "pirate:1", base.read_bytes(), adapters=[lora.read_bytes()], projector=b"GGUF"
    )
    (report,) = bench.library.places.find()
    (model,) = bench.library.places.add(report.found).models
    assert model.title == "pirate:1"
    assert [adapter.summary.name for adapter in bench.library.adapters.all()] == ["Test adapter"]


def test_an_adapter_is_added_although_a_model_cannot_be(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    lora = write_lora(tmp_path / "lora.gguf", base)
    blob = Ollama(bench.folders.home / ".ollama/models").tag("p:1", base.read_bytes(), adapters=[lora.read_bytes()])
    os.truncate(blob, 50)
    (report,) = bench.library.places.find()
    added = bench.library.places.add(report.found)
    assert [name for name, _ in added.failed] == ["p:1"]
    assert [adapter.summary.name for adapter in added.adapters] == ["Test adapter"]


def test_looking_says_how_far_it_is_and_stops_when_asked(bench: Bench) -> None:
    for number in range(120):
        places.put(bench.folders.home / f".lmstudio/models/ada/repo-{number}/m.gguf", b"GGUF")
    seen: list[Progress] = []
    bench.library.places.find(seen.append)
    assert ("LM Studio", 200) in [(each.phase, each.done) for each in seen]
    assert {each.phase for each in seen} >= {"Ollama", "GPT4All", "Jan", "Hugging Face cache"}
    cancel = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done:
            cancel.cancel()

    with pytest.raises(Cancelled):
        bench.library.places.find(stop, cancel)
    assert bench.library.places.add(FOUND, cancel=cancel).models == ()


def test_a_programs_folder_that_is_gone_is_not_taken_for_one_model_that_it_deleted(bench: Bench) -> None:
    ollama = Ollama(bench.folders.home / ".ollama/models")
    blob = ollama.tag("tiny:1b", model_bytes("Tiny"))
    (report,) = bench.library.places.find()
    bench.library.places.add(report.found)
    shutil.rmtree(blob.parent)
    reason = bench.only().missing_reason
    assert reason == f"The folder {blob.parent} is not there any more; it was moved or deleted."
