"""The whole main job through the real window: documents dropped, a question asked, sources opened, a restart, kills."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QListView, QPlainTextEdit, QPushButton, QWidget

from tests.end2end.conftest import Driver, kill_worker

FERRY = "The ferry to Orkney leaves Scrabster at 8:45 every morning."
QUESTION = "When does the ferry to Orkney leave?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Trip notes"
    made.mkdir()
    (made / "orkney.md").write_text(f"# Orkney\n\n## Getting there\n\n{FERRY} Bring the printed ticket.\n")
    (made / "food.txt").write_text("The bakery in Stromness opens at seven. Its oat bread is the best on the island.\n")
    (made / "empty.md").write_text("")
    return made


def _ask_and_wait(driver: Driver, question: str) -> str:
    before = set(driver.reply_names())
    driver.ask(question)
    driver.until(lambda: bool(set(driver.reply_names()) - before))
    return (set(driver.reply_names()) - before).pop()


def _with_documents(driver: Driver, folder: Path) -> None:
    driver.wait_for(QWidget, "welcome")
    driver.drop(folder)
    driver.until(lambda: "“Trip notes” is ready." in driver.notices())
    driver.wait_for(QPushButton, "header.collection.1")


def test_drop_ask_look_at_the_source_and_start_again(start: Callable[[], Driver], folder: Path) -> None:
    driver = start()
    _with_documents(driver, folder)
    reply = _ask_and_wait(driver, QUESTION)
    assert FERRY in driver.words(f"{reply}.evidence")
    assert "orkney.md" in driver.words(f"{reply}.evidence")
    driver.wait_for(QAbstractButton, f"{reply}.evidence.quote1").click()
    text = driver.wait_for(QPlainTextEdit, "source.text")
    driver.until(lambda: FERRY in text.toPlainText())

    driver.window.navigation.go("documents")
    driver.until(lambda: "2 indexed · 1 skipped" in driver.words("documents.detail"))
    driver.close()

    again = start()
    again.wait_for(QWidget, reply)
    assert FERRY in again.words(f"{reply}.evidence")
    assert again.wait_for(QPushButton, "header.collection.1")
    again.window.navigation.go("documents")
    again.until(lambda: "2 indexed · 1 skipped" in again.words("documents.detail"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_workers_are_said_and_the_next_question_is_answered(start: Callable[[], Driver], folder: Path) -> None:
    driver = start()
    _with_documents(driver, folder)
    first = _ask_and_wait(driver, QUESTION)

    kill_worker("inference")
    driver.until(lambda: "The model's process ended unexpectedly." in driver.notices())
    second = _ask_and_wait(driver, "When does the bakery in Stromness open?")
    assert "opens at seven" in driver.words(f"{second}.evidence")

    kill_worker("knowledge")
    driver.until(lambda: "The documents' process ended unexpectedly." in driver.notices())
    third = _ask_and_wait(driver, QUESTION)
    assert FERRY in driver.words(f"{third}.evidence")
    assert len({first, second, third}) == 3


def test_a_dropped_model_is_added_where_it_lies(start: Callable[[], Driver], chat_model: Path, tmp_path: Path) -> None:
    driver = start()
    driver.wait_for(QWidget, "welcome")
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(chat_model.read_bytes())
    driver.drop(mine)
    add = driver.wait_for(QAbstractButton, "add_model.add")
    driver.until(lambda: "Fits" in driver.words("add_model"))
    add.click()
    driver.until(lambda: driver.window.findChild(QWidget, "add_model") is None)
    driver.window.navigation.go("models")
    rows = driver.wait_for(QListView, "models.list")
    driver.until(lambda: rows.model().rowCount() == 3)
    assert str(mine) in [rows.model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]


def test_a_broken_model_is_refused_in_words(start: Callable[[], Driver], tmp_path: Path) -> None:
    driver = start()
    driver.wait_for(QWidget, "welcome")
    page = tmp_path / "model.gguf"
    page.write_text("<html><body>404: not found</body></html>")
    driver.drop(page)
    problem = driver.wait_for(QWidget, "add_model.problem")
    assert "model.gguf" in problem.text()  # type: ignore[attr-defined]
    driver.wait_for(QAbstractButton, "add_model.cancel").click()
