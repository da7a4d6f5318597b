"""LM Studio, GPT4All and Jan, and all programs together."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.places import gpt4all, jan, lm_studio
from app.models.places.find import find_places
from app.models.places.search import Search
from app.models.source import ModelSource
from tests.helpers import gguf_files, places
from tests.helpers.places import Ollama, folders, hub_snapshot, model_bytes, put


def test_lm_studio_names_models_by_publisher_and_repository(tmp_path: Path) -> None:
    there = folders(tmp_path)
    models = there.home / ".lmstudio" / "models"
    put(models / "lmstudio-community/Tiny-GGUF/Tiny-Q4_K_M.gguf", model_bytes())
    put(models / "lmstudio-community/Tiny-GGUF/mmproj-Tiny-F16.gguf", b"GGUF")
    put(there.home / ".cache/lm-studio/models/ada/Old-GGUF/Old.gguf", model_bytes("Old"))
    with places.untouched(tmp_path):
        new, old = lm_studio.look(there, Search())
    assert [(found.name, found.kind) for found in new.found] == [
        ("lmstudio-community/Tiny-GGUF/mmproj-Tiny-F16", "projector"),
        ("lmstudio-community/Tiny-GGUF/Tiny-Q4_K_M", "model"),
    ]
    assert new.found[1].source == ModelSource("lmstudio-community/Tiny-GGUF", file="Tiny-Q4_K_M.gguf")
    assert [found.name for found in old.found] == ["ada/Old-GGUF/Old"]


def test_lm_studios_settings_may_move_the_folder(tmp_path: Path) -> None:
    there = folders(tmp_path)
    put(there.home / ".lmstudio-home-pointer", f"{there.home}/studio\n")
    put(there.home / "studio/settings.json", json.dumps({"downloadsFolder": str(tmp_path / "big")}))
    put(tmp_path / "big/ada/Tiny/tiny.gguf", model_bytes())
    (report,) = lm_studio.look(there, Search())
    assert [found.name for found in report.found] == ["ada/Tiny/tiny"]
    shutil.rmtree(tmp_path / "big")
    (report,) = lm_studio.look(there, Search())
    assert report.problems == (
        f"The folder {tmp_path / 'big'} is not there, although its settings name it. Is its drive connected?",
    )


def test_a_split_model_of_lm_studio_with_a_missing_part_names_it(tmp_path: Path) -> None:
    there = folders(tmp_path)
    folder = there.home / ".lmstudio/models/ada/Big"
    folder.mkdir(parents=True)
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), folder, 3, "big")
    parts[1].unlink()
    (report,) = lm_studio.look(there, Search())
    (found,) = report.found
    assert (found.name, len(found.parts)) == ("ada/Big/big", 3)
    assert found.problem == "big-00002-of-00003.gguf is missing."


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", ".local/share/nomic.ai/GPT4All"),
        ("darwin", "Library/Application Support/nomic.ai/GPT4All"),
        ("win32", "AppData/Local/nomic.ai/GPT4All"),
    ],
)
def test_gpt4all_has_a_folder_on_each_system(system: str, folder: str, tmp_path: Path) -> None:
    there = folders(tmp_path, system)
    put(there.home / folder / "Llama-3.2-1B-Instruct-Q4_0.gguf", model_bytes())
    put(there.home / folder / "incomplete-Phi-3.gguf", b"GG")
    put(there.home / folder / "localdocs_v3.db", b"SQLite")
    with places.untouched(tmp_path):
        (report,) = gpt4all.look(there, Search())
    assert [found.name for found in report.found] == ["Llama-3.2-1B-Instruct-Q4_0"]


def test_gpt4alls_settings_may_move_the_folder(tmp_path: Path) -> None:
    there = folders(tmp_path)
    put(there.home / ".config/nomic.ai/GPT4All.ini", f"[General]\nmodelPath={tmp_path}/big/\nchat=1\n")
    put(tmp_path / "big/tiny.gguf", model_bytes())
    (report,) = gpt4all.look(there, Search())
    assert [found.name for found in report.found] == ["tiny"]
    shutil.rmtree(tmp_path / "big")
    (report,) = gpt4all.look(there, Search())
    assert "although GPT4All's settings name it" in report.problems[0]
    put(there.home / ".config/nomic.ai/GPT4All.ini", "[[[ not an INI file")
    assert gpt4all.look(there, Search()) == []


def test_jan_names_models_by_their_folder_and_finds_imported_ones(tmp_path: Path) -> None:
    there = folders(tmp_path)
    models = there.home / ".local/share/Jan/data/llamacpp/models"
    put(models / "janhq/Jan-nano-gguf/jan-nano-Q4/model.gguf", model_bytes("Nano"))
    nano = "janhq/Jan-nano-gguf/jan-nano-Q4"
    put(models / nano / "model.yml", f"name: Nano\nmodel_path: llamacpp/models/{nano}/model.gguf\n")
    mine = put(tmp_path / "elsewhere/mine.gguf", model_bytes("Mine"))
    put(models / "mine/model.yml", f"model_path: '{mine}'\nsize_bytes: 5\n")
    put(models / "gone/model.yml", f"model_path: {tmp_path}/gone.gguf\n")
    put(models / "broken/model.yml", ":::")
    with places.untouched(tmp_path):
        (report,) = jan.look(there, Search())
    by_name = {found.name: found for found in report.found}
    assert by_name["mine"].path == str(mine)
    assert by_name["janhq/Jan-nano-gguf/jan-nano-Q4"].problem == ""
    assert by_name["gone"].problem == "gone.gguf is missing."


def test_jans_data_folder_may_be_moved(tmp_path: Path) -> None:
    there = folders(tmp_path)
    put(there.home / ".config/Jan/settings.json", json.dumps({"data_folder": str(tmp_path / "big")}))
    put(tmp_path / "big/models/tiny/tiny.gguf", model_bytes())
    (report,) = jan.look(there, Search())
    assert [found.name for found in report.found] == ["tiny/tiny"]
    shutil.rmtree(tmp_path / "big")
    (report,) = jan.look(there, Search())
    assert "although Jan's settings name it" in report.problems[0]


def test_all_programs_are_asked_and_nothing_of_theirs_is_touched(tmp_path: Path) -> None:
    there = folders(tmp_path)
    assert find_places(there) == ()
    Ollama(there.home / ".ollama/models").tag("a:1", model_bytes("A"))
    put(there.home / ".lmstudio/models/ada/b/b.gguf", model_bytes("B"))
    hub_snapshot(there.home / ".cache/huggingface/hub", "ada/c", "c" * 40, {"c.gguf": model_bytes("C")})
    put(there.home / ".local/share/nomic.ai/GPT4All/d.gguf", model_bytes("D"))
    put(there.home / ".local/share/Jan/data/llamacpp/models/e/model.gguf", model_bytes("E"))
    with places.untouched(tmp_path):
        reports = find_places(there)
    assert [(report.program, [found.name for found in report.found]) for report in reports] == [
        ("Ollama", ["a:1"]),
        ("LM Studio", ["ada/b/b"]),
        ("Hugging Face cache", ["ada/c/c"]),
        ("GPT4All", ["d"]),
        ("Jan", ["e"]),
    ]


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    path = put(tmp_path / "m.gguf", b"GGUF")
    with pytest.raises(AssertionError), places.untouched(tmp_path):
        path.open("rb+").close()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that other users may enter, which pytest's own is not."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield root
    for path in root.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(root)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions are those of POSIX")
def test_what_may_not_be_read_is_said(open_to_all: Path) -> None:
    there = folders(open_to_all)
    models = there.home / ".lmstudio/models"
    put(models / "ada/Tiny/tiny.gguf", model_bytes()).chmod(0)
    put(models / "eve/Closed/closed.gguf", model_bytes())
    (models / "eve").chmod(0)
    ollama = Ollama(there.home / ".ollama/models")
    ollama.tag("a:1", model_bytes())
    (ollama.models / "blobs").chmod(0)
    before = os.geteuid()
    if before == 0:  # root may read everything
        os.seteuid(65534)
    try:
        of_ollama, of_studio = find_places(there)
    finally:
        os.seteuid(before)
    assert of_studio.found[0].problem == "tiny.gguf may not be read by you."
    assert of_studio.problems == (f"The folder {models / 'eve'} cannot be read: Permission denied.",)
    assert of_ollama.found[0].problem.endswith("may not be read by you.")
