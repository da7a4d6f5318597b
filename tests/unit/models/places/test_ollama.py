from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.models.places import ollama
from app.models.places.search import Search
from app.models.summary import read_summary
from tests.helpers import places
from tests.helpers.places import Ollama, folders, model_bytes


@pytest.fixture
def there(tmp_path: Path) -> Ollama:
    return Ollama(folders(tmp_path).home / ".ollama" / "models")


def test_without_ollama_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert ollama.look(folders(tmp_path), Search()) == []


def test_models_have_the_names_that_ollama_shows(there: Ollama, tmp_path: Path) -> None:
    blob = there.tag("llama3.2:1b", model_bytes("Llama"), template="{{ .Prompt }}", license="Free.")
    there.tag("ada/mine:latest", model_bytes("Mine"))
    there.tag("hf.co/bart/tiny-GGUF:Q4_K_M", model_bytes("Other"))
    with places.untouched(tmp_path):
        (report,) = ollama.look(folders(tmp_path), Search())
    assert report.folder == str(there.models)
    assert report.problems == ()
    assert [found.name for found in report.found] == ["ada/mine:latest", "hf.co/bart/tiny-GGUF:Q4_K_M", "llama3.2:1b"]
    llama = report.found[-1]
    assert llama.path == str(blob)
    assert llama.sha256 == blob.name.removeprefix("sha256-")
    assert llama.size_bytes == blob.stat().st_size
    assert (llama.kind, llama.problem) == ("model", "")
    assert read_summary(blob)[1].name == "Llama", "a name without .gguf does not matter"


def test_tags_that_share_a_blob_are_one_model(there: Ollama, tmp_path: Path) -> None:
    for tag in ("1b", "1b-instruct-q4_K_M", "latest"):
        there.tag(f"llama3.2:{tag}", model_bytes())
    (report,) = ollama.look(folders(tmp_path), Search())
    (found,) = report.found
    assert found.name == "llama3.2:1b"
    assert found.other_names == ("llama3.2:1b-instruct-q4_K_M", "llama3.2:latest")


def test_adapters_and_projectors_are_told_from_models(there: Ollama, tmp_path: Path) -> None:
    there.tag("pirate:latest", model_bytes("Base"), adapters=[b"GGUF adapter"], projector=b"GGUF projector")
    (report,) = ollama.look(folders(tmp_path), Search())
    by_kind = {found.kind: found for found in report.found}
    assert set(by_kind) == {"model", "adapter", "projector"}
    assert by_kind["model"].adapters == (by_kind["adapter"].path,)


@pytest.mark.parametrize("damage", ["{", '"text"', "\x00\x01", '{"layers": 5}', '{"layers": [5, {}]}'])
def test_a_damaged_manifest_is_said_and_hides_nothing_else(damage: str, there: Ollama, tmp_path: Path) -> None:
    there.tag("good:latest", model_bytes())
    places.put(there.manifest("bad:latest"), damage)
    (report,) = ollama.look(folders(tmp_path), Search())
    assert [found.name for found in report.found] == ["good:latest"]
    (problem,) = report.problems
    assert "bad" in problem


def test_a_digest_is_no_way_out_of_the_folder(there: Ollama, tmp_path: Path) -> None:
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../etc/passwd", "size": 5}
    places.put(there.manifest("evil:latest"), json.dumps({"layers": [layer]}))
    (report,) = ollama.look(folders(tmp_path), Search())
    assert report.found == ()
    assert "The manifest of evil:latest is damaged: a layer has no hash." in report.problems


def test_a_missing_blob_and_a_cut_one_are_shown_as_such(there: Ollama, tmp_path: Path) -> None:
    there.tag("gone:latest", model_bytes("Gone")).unlink()
    cut = there.tag("cut:latest", model_bytes("Cut"))
    size = cut.stat().st_size
    os.truncate(cut, 100)
    (report,) = ollama.look(folders(tmp_path), Search())
    problems = {found.name: found.problem for found in report.found}
    assert problems["cut:latest"] == f"The file is incomplete: 100 of {size:,} bytes are there."
    assert problems["gone:latest"].endswith("is missing.")
    assert all(found.size_bytes > 0 for found in report.found)


def test_blobs_as_early_versions_named_them(there: Ollama, tmp_path: Path) -> None:
    blob = there.tag("old:latest", model_bytes())
    old = blob.rename(blob.with_name(blob.name.replace("sha256-", "sha256:")))
    (report,) = ollama.look(folders(tmp_path), Search())
    assert [(found.path, found.problem) for found in report.found] == [(str(old), "")]


@pytest.mark.parametrize("size", ["12", None, 1.5, -1])
def test_a_size_that_is_none_says_nothing_of_the_file(there: Ollama, tmp_path: Path, size: object) -> None:
    blob = there.tag("odd:latest", model_bytes())
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{blob.name[7:]}", "size": size}
    places.put(there.manifest("odd:latest"), json.dumps({"layers": [layer]}))
    (report,) = ollama.look(folders(tmp_path), Search())
    assert [(found.name, found.size_bytes) for found in report.found] == [("odd:latest", blob.stat().st_size)]


def test_a_model_that_runs_elsewhere_has_no_file(there: Ollama, tmp_path: Path) -> None:
    places.put(there.manifest("gpt-oss:120b-cloud"), json.dumps({"layers": []}))
    (report,) = ollama.look(folders(tmp_path), Search())
    assert report.found == ()
    assert report.problems == ("gpt-oss:120b-cloud has no model file here that llama.cpp could read.",)


def test_the_environment_and_the_services_own_folder_are_looked_at(tmp_path: Path) -> None:
    Ollama(tmp_path / "big" / "models").tag("a:1", model_bytes("A"))
    Ollama(tmp_path / "usr/share/ollama/.ollama/models").tag("b:1", model_bytes("B"))
    reports = ollama.look(folders(tmp_path, OLLAMA_MODELS=str(tmp_path / "big" / "models")), Search())
    assert [found.name for report in reports for found in report.found] == ["a:1", "b:1"]
    assert len(ollama.look(folders(tmp_path, system="darwin"), Search())) == 0


def test_a_drive_that_is_not_connected_is_said(tmp_path: Path) -> None:
    (report,) = ollama.look(folders(tmp_path, OLLAMA_MODELS=str(tmp_path / "media/usb/models")), Search())
    assert report.found == ()
    assert "is not there, although OLLAMA_MODELS names it" in report.problems[0]


def test_links_that_lead_in_a_circle_end(there: Ollama, tmp_path: Path) -> None:
    there.tag("a:1", model_bytes())
    loop = there.models / "manifests" / "registry.ollama.ai" / "loop"
    loop.symlink_to(there.models / "manifests", target_is_directory=True)
    (loop.parent / "self").symlink_to(loop.parent / "self")
    (report,) = ollama.look(folders(tmp_path), Search())
    assert [found.name for found in report.found] == ["a:1"]


def test_a_folder_that_is_a_file_is_said(there: Ollama, tmp_path: Path) -> None:
    places.put(there.models / "manifests", "not a folder")
    (report,) = ollama.look(folders(tmp_path), Search())
    assert report.problems == (f"The folder {there.models / 'manifests'} cannot be read: Not a directory.",)
