"""What a drop will do is said before, and is what happens."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.drop import Dropped
from app.ui.drop_zone import DropOverlay
from app.ui.theme import Theme


@pytest.fixture
def things(tmp_path: Path) -> dict[str, Path]:
    made = {"folder": tmp_path / "Trips", "file": tmp_path / "a.md", "model": tmp_path / "tiny.GGUF"}
    made["folder"].mkdir()
    made["file"].write_text("text")
    made["model"].write_bytes(b"GGUF")
    return made


def _mime(*urls: QUrl) -> QMimeData:
    data = QMimeData()
    data.setUrls(list(urls))
    return data


def test_it_is_sorted_by_what_is_done_with_it(things: dict[str, Path]) -> None:
    urls = [QUrl.fromLocalFile(str(path)) for path in things.values()]
    dropped = Dropped.of_mime(_mime(*urls, urls[0]))
    assert dropped == Dropped((things["folder"],), (things["file"],), (things["model"],))
    assert dropped.documents == (things["folder"], things["file"])


def test_the_sentence_names_all_of_it(things: dict[str, Path]) -> None:
    assert Dropped(folders=(things["folder"],)).sentence == "Add 1 folder to your documents"
    assert Dropped(files=(things["file"],) * 2).sentence == "Add 2 files to your documents"
    assert Dropped((things["folder"],), (things["file"],)).sentence == "Add 1 folder and 1 file to your documents"
    assert Dropped(models=(things["model"],)).sentence == "Add tiny.GGUF", "it may be an adapter"
    mixed = Dropped((things["folder"],), (), (things["model"],) * 2)
    assert mixed.sentence == "Add 1 folder to your documents\nAdd 2 model files"


def test_an_address_on_the_web_is_told_apart() -> None:
    dropped = Dropped.of_mime(_mime(QUrl("https://example.org/a.pdf")))
    assert dropped
    assert not dropped.usable
    assert dropped.elsewhere == ("https://example.org/a.pdf",)
    assert "save it to a file first" in dropped.sentence


@pytest.mark.parametrize("name", ["with spaces.md", "Übersicht ☂ 日本.txt", "50 % #1? a&b;c.md", "-dash", "a" * 200])
def test_names_of_every_kind_come_through_an_address(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("text")
    data = QMimeData()
    data.setData("text/uri-list", QUrl.fromLocalFile(str(path)).toEncoded() + b"\r\n")
    assert Dropped.of_mime(data).files == (path,)


@pytest.mark.skipif(sys.platform == "win32", reason="there, a host is a share's server")
def test_a_host_in_the_address_is_this_machine_or_another(things: dict[str, Path]) -> None:
    path = things["file"]
    here = [QUrl(f"file://{host}{path}") for host in ("", "localhost", platform.node().lower())]
    assert Dropped.of_mime(_mime(*here, QUrl(f"file:{path}"))).files == (path,)
    there = Dropped.of_mime(_mime(QUrl(f"file://another.example{path}")))
    assert not there.usable
    assert there.elsewhere == (f"file://another.example{path}",)


def test_a_folder_ends_with_a_slash_or_not(things: dict[str, Path]) -> None:
    folder = things["folder"]
    assert Dropped.of_mime(_mime(QUrl(f"file://{folder}/"), QUrl(f"file://{folder}"))).folders == (folder,)


def test_a_name_that_no_system_takes_is_a_file_that_is_not_there() -> None:
    path = Path("/" + "a" * 5000)
    assert Dropped.of_paths([path]).files == (path,)


def test_plain_text_is_nothing() -> None:
    data = QMimeData()
    data.setText("just words")
    assert not Dropped.of_mime(data)


def test_a_folder_named_like_a_model_is_a_folder(tmp_path: Path) -> None:
    odd = tmp_path / "models.gguf"
    odd.mkdir()
    assert Dropped.of_paths([odd]).folders == (odd,)


def test_the_overlay_covers_the_window_and_says_it(qtbot: QtBot, theme: Theme, things: dict[str, Path]) -> None:
    window = QWidget()
    window.resize(700, 500)
    qtbot.addWidget(window)
    overlay = DropOverlay(theme, window)
    with qtbot.waitExposed(window):
        window.show()
    overlay.show_for(Dropped(folders=(things["folder"],)))
    window.resize(900, 600)
    assert overlay.geometry() == window.rect()
    assert (
        overlay.findChild(QLabel, "drop.words").text() == overlay.accessibleName() == "Add 1 folder to your documents"
    )
