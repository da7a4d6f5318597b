"""The settings file, as a person may have edited it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit

from app.core.errors import StorageError
from app.storage.settings import Appearance, Settings, SettingsFile


def test_a_missing_file_gives_the_defaults_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert SettingsFile(path).current == Settings()
    assert not path.exists()


def test_comments_unknown_keys_and_order_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('# mine\n[chat]\nsend_on_enter = false # not by accident\nplugin = "x"\n\n[later]\na = 1\n')
    settings = SettingsFile(path)
    assert not settings.current.chat.send_on_enter
    settings.save(replace(settings.current, appearance=Appearance(theme="dark")))
    text = path.read_text()
    assert "# mine" in text
    assert "# not by accident" in text
    assert tomlkit.parse(text) == {
        "chat": {"send_on_enter": False, "plugin": "x"},
        "later": {"a": 1},
        "appearance": {"theme": "dark"},
    }
    assert SettingsFile(path).current == settings.current


@pytest.mark.parametrize(
    "line",
    [
        'theme = "pink"',
        "theme = 3",
        "text_scale = nan",
        "text_scale = 9.5",
        "text_scale = true",
        'text_scale = "big"',
    ],
)
def test_a_value_that_makes_no_sense_becomes_the_default_with_words(tmp_path: Path, line: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"[appearance]\n{line}\n[model]\ncontext = 1000\n")
    settings = SettingsFile(path)
    assert settings.current.appearance == Appearance()
    assert settings.current.model.context == 1000
    (problem,) = settings.problems
    assert "appearance." in problem
    assert "must be" in problem


def test_whole_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[sampling]\ntemperature = 1\n")
    assert SettingsFile(path).current.sampling.sampling().temperature == 1.0


def test_a_table_that_is_none_is_said(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("chat = 1\n")
    settings = SettingsFile(path)
    assert settings.current == Settings()
    assert "must be a table" in settings.problems[0]


@pytest.mark.parametrize("content", [b"[chat\nsend", b"\xff\xfe[chat]"])
def test_a_damaged_file_is_kept_aside_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.toml"
    (tmp_path / "settings.toml.damaged").write_text("an earlier one")
    path.write_bytes(content)
    settings = SettingsFile(path)
    assert settings.current == Settings()
    assert "settings.toml.damaged-2" in settings.problems[0]
    assert (tmp_path / "settings.toml.damaged-2").read_bytes() == content
    settings.save(replace(settings.current, appearance=Appearance(theme="light")))
    assert SettingsFile(path).current.appearance.theme == "light"


def test_a_folder_in_its_place_is_an_error_with_words(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.mkdir()
    with pytest.raises(StorageError) as caught:
        SettingsFile(path)
    assert "could not be read" in caught.value.what
    assert caught.value.next_step


def test_a_disk_that_does_not_take_it_leaves_them_in_force(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path / "folder" / "settings.toml")
    (tmp_path / "folder").write_text("now there cannot be a folder of that name")
    with pytest.raises(StorageError, match="could not be saved"):
        settings.save(replace(settings.current, appearance=Appearance(theme="dark")))
    assert settings.current.appearance.theme == "dark"
