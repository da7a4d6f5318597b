"""Finding a model on a hub, knowing that it fits, downloading it, and talking to it: in the real window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QListView, QPlainTextEdit, QWidget

from app.core.paths import Home
from app.storage.settings import SettingsFile
from app.ui.widgets.rows import ROW_ROLE
from tests.end2end.conftest import Driver
from tests.helpers.hub_server import Behaviour, HubServer, Seen

CARD = b"""---
license: apache-2.0
---
# Tiny

![](http://127.0.0.1:1/picture.png) A model that answers **quickly**.
"""


@pytest.fixture
def hub(chat_model: Path) -> Iterator[HubServer]:
    with HubServer() as server:
        files = {"tiny-q8_0.gguf": chat_model, "README.md": CARD}
        server.add("ada/Tiny-GGUF", files, downloads=1200, likes=7)
        server.add("ada/Other-GGUF", files)
        yield server


def _network(home: Home, **choices: object) -> None:
    settings = SettingsFile(home.settings_file)
    network = replace(settings.current.network, **choices)  # type: ignore[arg-type]
    settings.save(replace(settings.current, network=network))


def _find_view(driver: Driver) -> None:
    driver.wait_for(QWidget, "welcome")
    driver.window.navigation.go("models")
    driver.wait_for(QAbstractButton, "models.view.find").click()
    start = driver.wait_for(QListView, "models.find.start.list")
    driver.until(lambda: start.model().rowCount() > 20)  # the curated list, from the disk


def _search(driver: Driver, words: str) -> QListView:
    field = driver.wait_for(QLineEdit, "models.find.search")
    driver.qtbot.keyClicks(field, words)
    driver.qtbot.keyClick(field, Qt.Key.Key_Return)
    return driver.wait_for(QListView, "models.find.results")


def _click(driver: Driver, rows: QListView, at: int) -> None:
    where = rows.visualRect(rows.model().index(at, 0)).center()
    driver.qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_from_a_search_to_a_chat(start: Callable[[], Driver], home: Home, hub: HubServer, chat_model: Path) -> None:
    _network(home, endpoint=hub.url)
    driver = start()
    _find_view(driver)
    assert hub.requests == []  # looking around asks for nothing

    rows = _search(driver, "tiny")
    driver.until(lambda: rows.model().rowCount() == 1)
    row = rows.model().index(0, 0).data(ROW_ROLE)
    assert (row.title, row.beside) == ("Tiny", "ada")
    assert "7 likes" in row.below

    _click(driver, rows, 0)
    sentence = driver.wait_for(QLabel, "models.find.fit.sentence")
    driver.until(lambda: sentence.text().startswith("Fits: takes"))
    driver.until(lambda: "answers quickly" in _card(driver))
    transferred = sum(seen.sent_bytes for seen in hub.requests)
    assert transferred < chat_model.stat().st_size / 8  # its header, not the model

    driver.wait_for(QAbstractButton, "models.find.download").click()
    driver.until(lambda: "“Tiny” is ready." in driver.notices())
    arrived = list(home.models.rglob("*.gguf"))
    assert [file.read_bytes() == chat_model.read_bytes() for file in arrived] == [True]
    assert not any(request.path.endswith("picture.png") for request in hub.requests)

    driver.wait_for(QAbstractButton, "models.view.library").click()
    library = driver.wait_for(QListView, "models.list")
    titles = [
        library.model().index(at, 0).data(Qt.ItemDataRole.ToolTipRole) for at in range(library.model().rowCount())
    ]
    assert str(arrived[0]) in titles

    driver.wait_for(QAbstractButton, "notice.action").click()
    driver.wait_for(QPlainTextEdit, "composer.input")
    driver.until(lambda: driver.program.services is not None and _loaded(driver) == str(arrived[0]))
    driver.ask("Say hello.")
    driver.until(lambda: len(driver.reply_names()) == 1)
    assert _loaded(driver) == str(arrived[0])


class _Slow(Behaviour):
    """Sends the beginning of a model, and the rest when it may."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if start > 4_000_000 and seen.path.endswith(".gguf"):
                self.may_go_on.wait(60)
            start += len(chunk)
            yield chunk


def test_a_download_goes_on_after_a_restart(
    start: Callable[[], Driver], home: Home, hub: HubServer, chat_model: Path
) -> None:
    slow = hub.behaviour = _Slow()
    _network(home, endpoint=hub.url)
    driver = start()
    _find_view(driver)
    _click(driver, _search(driver, "tiny"), 0)
    _click(driver, driver.wait_for(QListView, "models.find.files"), 0)  # does not wait to be advised
    driver.wait_for(QAbstractButton, "models.find.download").click()
    driver.wait_for(QWidget, "rail.models.progress")
    driver.wait_for(QAbstractButton, "models.find.show").click()
    driver.until(lambda: "of 145 MB" in driver.words("models.downloads.1"))
    driver.wait_for(QAbstractButton, "models.downloads.1.pause").click()
    driver.until(lambda: "Paused" in driver.words("models.downloads.1"))
    driver.close()

    slow.may_go_on.set()
    again = start()
    again.wait_for(QWidget, "welcome")
    again.window.navigation.go("models")
    again.wait_for(QAbstractButton, "models.view.downloads").click()
    again.wait_for(QAbstractButton, "models.downloads.1.resume").click()
    again.until(lambda: "“Tiny” is ready." in again.notices())
    assert [file.read_bytes() == chat_model.read_bytes() for file in home.models.rglob("*.gguf")] == [True]
    again.wait_for(QAbstractButton, "models.downloads.1.show").click()
    again.wait_for(QListView, "models.list")


def _card(driver: Driver) -> str:
    body = driver.window.findChild(QWidget, "models.find.card.body")
    if body is None:
        return ""
    return " ".join(view.toPlainText() for view in body.findChildren(QWidget) if hasattr(view, "toPlainText"))


def _loaded(driver: Driver) -> str:
    services = driver.program.services
    assert services is not None
    loaded = services.models.loaded.state.loaded
    return loaded.path if loaded is not None else ""


def test_offline_nothing_is_requested_and_the_switch_is_shown(
    start: Callable[[], Driver], home: Home, hub: HubServer
) -> None:
    _network(home, endpoint=hub.url, offline=True)
    driver = start()
    _find_view(driver)
    driver.wait_for(QWidget, "models.find.offline")
    field = driver.wait_for(QLineEdit, "models.find.search")
    driver.qtbot.keyClicks(field, "tiny")
    driver.qtbot.keyClick(field, Qt.Key.Key_Return)
    driver.wait_for(QWidget, "models.find.problem")
    driver.wait_for(QAbstractButton, "models.find.problem.settings").click()
    driver.wait_for(QWidget, "settings")
    assert hub.requests == []
