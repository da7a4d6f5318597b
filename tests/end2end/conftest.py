"""The real window with the real services on an empty data folder, driven by object names as a person would."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QLocale, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.paths import Home
from app.main import Program
from tests.helpers.program import close_wholly

PATIENCE_MS = 30_000
"""Two cores, other tests beside us, and a model that has to be loaded."""

WidgetT = TypeVar("WidgetT", bound=QWidget)


class Driver:
    """One run of the program."""

    def __init__(self, qtbot: QtBot, program: Program) -> None:
        self.qtbot, self.program, self.window = qtbot, program, program.window

    def find(self, kind: type[WidgetT], name: str) -> WidgetT | None:
        """A visible widget by its object name."""
        return next((found for found in self.window.findChildren(kind, name) if found.isVisible()), None)

    def wait_for(self, kind: type[WidgetT], name: str) -> WidgetT:
        """The widget, once it is visible."""
        self.until(lambda: self.find(kind, name) is not None)
        found = self.find(kind, name)
        assert found is not None
        return found

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window live until it is so."""
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def close(self) -> None:
        """End the program, wholly."""
        close_wholly(self.program)

    def drop(self, *paths: Path) -> None:
        """Drop files and folders on the window."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        where, offered = QPointF(400, 300), Qt.DropAction.CopyAction
        with_what = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        native = self.window.windowHandle()
        QApplication.sendEvent(native, QDragEnterEvent(where, offered, data, *with_what))
        QApplication.sendEvent(native, QDropEvent(where, offered, data, *with_what))

    def ask(self, question: str) -> None:
        """Type a question and press Enter."""
        field = self.wait_for(QPlainTextEdit, "composer.input")
        self.until(field.isEnabled)
        self.qtbot.keyClicks(field, question)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def reply_names(self) -> list[str]:
        """Object names of finished replies: only those have a button to ask again."""
        suffix = ".regenerate"
        return [
            found.objectName().removesuffix(suffix)
            for found in self.window.findChildren(QWidget)
            if found.objectName().startswith("message.") and found.objectName().endswith(suffix) and found.isVisible()
        ]

    def words(self, name: str) -> str:
        """All that a part of the window says."""
        part = self.window.findChild(QWidget, name)
        assert part is not None, name
        return "\n".join(found.text() for found in part.findChildren(QLabel))

    def notices(self) -> list[str]:
        """The notices that are shown."""
        return [note.what for note in self.window.notices.notes()]


@pytest.fixture(autouse=True)
def english() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English))


@pytest.fixture
def start(
    qtbot: QtBot, qapp: QApplication, home: Home, chat_model: Path, embedding_model: Path
) -> Iterator[Callable[[], Driver]]:
    """Starts the program, and again after ``close``; the last one is closed at the end."""
    running: list[Program] = []

    def begin() -> Driver:
        program = Program(qapp, home)
        running.append(program)
        with qtbot.waitSignal(program.window.painted, timeout=PATIENCE_MS):
            program.start()
        driver = Driver(qtbot, program)
        driver.until(lambda: program.services is not None)
        return driver

    yield begin
    for program in running:
        close_wholly(program)
        program.window.deleteLater()


def kill_worker(name: str) -> None:
    """End a worker as the system does when memory is short. ``name``: "inference" or "knowledge"."""
    workers = {child.name: child.pid for child in multiprocessing.active_children()}
    pid = workers[f"satchel-{name}"]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
