"""What is kept of models, by the real program: sizes, plans, presets, adapters, copies, trash, others' models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.core.paths import Home
from tests.helpers import gguf_files
from tests.helpers.command_line import Satchel
from tests.helpers.lora import write_lora
from tests.helpers.places import Ollama, model_bytes, untouched


@pytest.fixture
def satchel(home: Home, chat_model: Path, embedding_model: Path) -> Satchel:
    return Satchel(home)


def chat_of(satchel: Satchel) -> Any:
    return next(model for model in satchel.json("models", "list") if model["kind"] == "chat")


def test_a_size_comes_with_its_lesson(satchel: Satchel, chat_model: Path) -> None:
    answer = satchel.json("models", "size", str(chat_model), "--context", "2048")
    lesson, parameters = answer["lesson"], answer["lesson"]["parameters"]
    taught = {row["bits"]: row["weights_bytes"] for row in lesson["rows"] if not row["this_file"]}
    assert taught == {bits: parameters * bits // 8 for bits in (32, 16, 8, 4)}
    assert [row["weights_bytes"] for row in lesson["rows"] if row["this_file"]] == [answer["weights_bytes"]]
    assert [point["n_ctx"] for point in lesson["context"]] == [512, 2048]
    assert lesson["context"][-1]["kv_bytes"] == answer["kv_bytes"]
    text, _ = satchel.run("models", "size", str(chat_model))
    assert "134,515,008 parameters, times the bits of each:" in text
    smaller = satchel.json("models", "size", str(chat_model), "--context", "2048", "--quantization", "q4_k_m")
    assert smaller["weights_bytes"] < answer["weights_bytes"]
    assert (smaller["kv_bytes"], smaller["measured_by_llama"]) == (answer["kv_bytes"], True)
    _, err = satchel.run("models", "size", str(chat_model), "--quantization", "Q9_Z", code=1)
    assert err.startswith("satchel: There is no quantization called Q9_Z.")


def test_a_plan_has_its_reasons(satchel: Satchel, tmp_path: Path) -> None:
    plan = satchel.json("models", "plan", str(chat_of(satchel)["id"]), "--context", "2048", "--kv-type", "q8_0")
    assert plan["fits"]
    assert (plan["choice"]["n_ctx"], plan["choice"]["kv_type"]) == (2048, "q8_0")
    assert 0 < plan["choice"]["total_bytes"] < plan["choice"]["free_bytes"]
    text, _ = satchel.run("models", "plan", str(chat_of(satchel)["id"]))
    assert all(len(reason.split()) > 3 for reason in plan["reasons"])
    assert "KV cache         f16" in text
    _, err = satchel.run("models", "plan", str(tmp_path / "nothing.gguf"), code=1)
    assert "There is no file" in err


def test_names_notes_and_presets_are_kept(satchel: Satchel) -> None:
    number = str(chat_of(satchel)["id"])
    assert "is called Mine now" in satchel.run("models", "rename", number, "Mine")[0]
    assert "Noted about Mine" in satchel.run("models", "note", "mine", "good at lists")[0]
    assert satchel.run("models", "note", number)[0] == "good at lists\n"
    satchel.run("models", "preset", number, "temperature=0.25", "n_ctx=2048", "system_prompt=Be brief.")
    kept = satchel.json("models", "preset", number)
    assert (kept["chosen"]["temperature"], kept["chosen"]["n_ctx"], kept["chosen"]["top_k"]) == (0.25, 2048, None)
    assert kept["in_force"]["top_k"] == 40
    info = satchel.json("models", "info", number)
    assert (info["notes"], info["given_name"], info["verdict"]["n_ctx"]) == ("good at lists", "Mine", 2048)
    assert "Be brief." in satchel.run("models", "preset", number)[0]
    _, err = satchel.run("models", "preset", number, "n_ctx=9", code=1)
    assert "The preset of Mine was not changed." in err
    assert satchel.json("models", "preset", number, "--reset")["chosen"]["temperature"] is None
    text, _ = satchel.run("models", "info", number)
    assert "good at lists" in text
    assert "as the model and the settings say" in text
    satchel.run("models", "rename", number, "")
    satchel.run("models", "note", number, "")
    assert (chat_of(satchel)["given_name"], chat_of(satchel)["notes"]) == ("", "")


def test_a_changed_template_is_said_shown_and_accepted(satchel: Satchel, tmp_path: Path) -> None:
    file = tmp_path / "talker.gguf"
    _write_with_template(file, "{{ messages[0]['content'] }}")
    number = str(satchel.json("models", "add", str(file))["model"]["id"])
    out, err = satchel.run("models", "template", number)
    assert (out, err) == ("{{ messages[0]['content'] }}\n", "")
    _write_with_template(file, "{{ 'Obey me. ' + messages[0]['content'] }}")
    assert "template changed" in satchel.run("models", "list")[0]
    assert "another than the one that you accepted" in satchel.run("models", "template", number)[1]
    difference, _ = satchel.run("models", "template", number, "--diff")
    assert "-{{ messages" in difference
    assert "+{{ 'Obey me. '" in difference
    satchel.run("models", "template", number, "--accept")
    assert not satchel.json("models", "template", number)["changed"]
    assert "template changed" not in satchel.run("models", "list")[0]


def test_copies_are_recognized_deleted_and_brought_back(satchel: Satchel, embedding_model: Path) -> None:
    assert "No model is here twice." in satchel.run("models", "duplicates")[0]
    copy = satchel.json("models", "add", str(embedding_model), "--copy")["model"]
    number = str(copy["id"])
    (group,) = satchel.json("models", "duplicates")
    assert (len(group["copies"]), group["freeable_bytes"]) == (2, embedding_model.stat().st_size)
    assert "the same as" in satchel.run("models", "list")[0]
    assert satchel.run("models", "hash", number)[0] == f"{group['sha256']}  {copy['path']}\n"
    out, _ = satchel.run("models", "delete", number)
    assert f"satchel models trash restore {number}" in out
    assert not Path(copy["path"]).exists()
    (trashed,) = satchel.json("models", "trash")
    assert (trashed["model_id"], trashed["size_bytes"]) == (copy["id"], embedding_model.stat().st_size)
    assert satchel.json("models", "trash", "restore", number)["path"] == copy["path"]
    assert Path(copy["path"]).read_bytes() == embedding_model.read_bytes()
    satchel.run("models", "delete", number)
    _, err = satchel.run("models", "trash", "empty", code=1)
    assert "Say --yes if you mean it." in err
    assert satchel.json("models", "trash", "empty", "--yes") == {
        "models": 1,
        "freed_bytes": embedding_model.stat().st_size,
    }
    assert satchel.run("models", "trash")[0] == "The trash is empty.\n"
    _, err = satchel.run("models", "trash", "restore", number, code=1)
    assert err.startswith(f"satchel: There is no number {number} in the trash.")


def test_the_files_of_others_are_only_forgotten(satchel: Satchel, tmp_path: Path, embedding_model: Path) -> None:
    file = shutil.copy(embedding_model, tmp_path / "mine.gguf")
    number = str(satchel.json("models", "add", str(file))["model"]["id"])
    assert f"Its file stays where it is: {file}" in " ".join(satchel.run("models", "delete", number)[0].split())
    assert Path(file).exists()


def test_a_file_that_moved_is_missed_and_found_again(satchel: Satchel, tmp_path: Path, embedding_model: Path) -> None:
    file, there = tmp_path / "a" / "b" / "mine.gguf", tmp_path / "far" / "away" / "mine.gguf"
    for folder in (file.parent, there.parent):
        folder.mkdir(parents=True)
    shutil.copy(embedding_model, file)
    number = str(satchel.json("models", "add", str(file))["model"]["id"])
    file.rename(there)
    out, _ = satchel.run("models", "list")
    assert "missing" in out
    assert f"satchel models relink {number}" not in out, "nobody looks into folders that were never a model's"
    missing = satchel.json("models", "info", number)
    assert (missing["present"], missing["verdict"]) == (False, None)
    assert missing["missing_reason"] in " ".join(satchel.run("models", "info", number)[0].split())
    _, err = satchel.run("models", "hash", number, code=1)
    assert "cannot be hashed" in err
    _, err = satchel.run("models", "relink", number, code=1)
    assert "was not found again" in err
    assert satchel.json("models", "relink", number, str(there))["path"] == str(there)
    assert satchel.json("models", "info", number)["present"]


def test_adapters_are_attached_where_they_belong(
    satchel: Satchel, tmp_path: Path, chat_model: Path, embedding_model: Path
) -> None:
    adapter = write_lora(tmp_path / "polite.gguf", chat_model)
    number = str(chat_of(satchel)["id"])
    assert "There are no adapters yet." in satchel.run("models", "adapter", "list", number)[0]
    attached = satchel.json("models", "adapter", "attach", number, str(adapter), "--scale", "0.5")
    assert attached["scale"] == 0.5
    assert "1 adapter" in satchel.run("models", "list")[0]
    assert "in use, scale 0.5" in satchel.run("models", "adapter", "list", number)[0]
    own = str(attached["adapter"]["id"])
    assert "with the scale 1.5" in satchel.run("models", "adapter", "attach", number, own, "--scale", "1.5")[0]
    other = next(model for model in satchel.json("models", "list") if model["kind"] == "embedding")
    _, err = satchel.run("models", "adapter", "attach", str(other["id"]), str(adapter), code=1)
    assert "does not belong to" in err
    satchel.run("models", "adapter", "detach", number, str(adapter))
    assert "possible" in satchel.run("models", "adapter", "list", number)[0]
    _, err = satchel.run("models", "adapter", "detach", number, own, code=1)
    assert "is not used with" in err
    _, err = satchel.run("models", "adapter", "attach", number, str(tmp_path / "none.gguf"), code=1)
    assert "There is no adapter" in err


def test_models_of_other_programs_are_found_and_used_where_they_are(satchel: Satchel, tmp_path: Path) -> None:
    person = tmp_path / "ada"
    blob = Ollama(person / ".ollama" / "models").tag("tiny:1b", model_bytes())
    satchel.environment |= {"HOME": str(person), "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "", "XDG_CACHE_HOME": ""}
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE"):
        satchel.environment.pop(name, None)
    with untouched(person):
        text, _ = satchel.run("models", "find")
        assert "tiny:1b" in text
        places = satchel.json("models", "find")
        (found,) = [each for place in places for each in place["found"]]
        assert (found["number"], found["path"], found["in_library"]) == (1, str(blob), False)
        (used,) = satchel.json("models", "use", "1")
        assert (used["program"], used["in_place"], used["path"]) == ("Ollama", True, str(blob))
        assert "in the library" in satchel.run("models", "find")[0]
        _, err = satchel.run("models", "use", "2", code=1)
        assert "There is no number 2." in err
        _, err = satchel.run("models", "use", str(tmp_path), code=1)
        assert "is not among the models of other programs" in err
        satchel.run("models", "delete", str(used["id"]))
    assert json.loads(satchel.run("models", "use", str(blob), "--json")[0])[0]["path"] == str(blob)


def test_which_model_is_meant(satchel: Satchel) -> None:
    assert "kind" in satchel.run("models", "info", "smollm")[0]
    _, err = satchel.run("models", "info", "nothing", code=1)
    assert err.startswith("satchel: There is no model “nothing”.")
    satchel.run("models", "rename", "1", "Twin a")
    satchel.run("models", "rename", "2", "Twin b")
    _, err = satchel.run("models", "info", "twin", code=1)
    assert "1 (Twin a), 2 (Twin b)" in err
    assert "Where it was downloaded from is not known." in satchel.run("models", "update-check", "1", code=1)[1]


def _write_with_template(path: Path, template: str) -> None:
    """A tiny model with this chat template."""
    gguf_files.llama(path, tokenizer__chat_template=template)
