"""Take the README's screenshots: the real window, real services and starter models, on a data folder of its own.

    python packaging/screenshots.py [--out docs/screenshots] [--scale 1] [--size 1280x800]

Without a display it draws offscreen. Nothing of this imports Qt at the top: the workers import this file again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.main import Program
    from app.services.compose import Services
    from app.ui.navigation import Navigation
    from app.ui.theme import ThemeChoice
    from tests.helpers.hub_server import HubServer
    from tests.helpers.sample_hub import Shape

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

PATIENCE_S = 120.0

QUESTIONS = (
    "How deep should garlic be planted?",
    "Who may use the shared tools?",
    "When is the water turned off?",
)
PDF_QUESTION = "What is done with a hive that is about to swarm?"
BUSY_QUESTIONS: dict[ThemeChoice, str] = {
    "light": "When are the garlic bulbs lifted?",
    "dark": "When is honey taken from the hives?",
}


def main() -> int:
    """Take them all; returns the exit code."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the README.")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "screenshots")
    parser.add_argument("--scale", default="1", help="device pixels per pixel")
    parser.add_argument("--size", default="1280x800")
    chosen = parser.parse_args()
    os.environ["QT_SCALE_FACTOR"] = chosen.scale
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    width, height = (int(part) for part in chosen.size.split("x"))
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # A person's home folder, so that no path of the machine that takes them is shown.
        os.environ["HOME"] = os.environ["USERPROFILE"] = str(root)
        os.environ["SATCHEL_HOME"] = str(root / "Satchel")
        _copy_models(root / "Satchel" / "models")
        return _take_all(root, chosen.out, width, height)


def _take_all(root: Path, out: Path, width: int, height: int) -> int:
    from PySide6.QtWidgets import QApplication

    from app.core.paths import Home
    from app.main import Program

    application = QApplication([])
    program = Program(application, Home.locate().create())
    program.window.resize(width, height)
    program.start()
    try:
        Photographer(program, out).take_all(root)
    finally:
        program.close()
    return 0


def _copy_models(folder: Path) -> None:
    made = Path(os.environ.get("SATCHEL_MODELS") or REPOSITORY / ".models")
    folder.mkdir(parents=True)
    for path in made.glob("*.gguf"):
        shutil.copy(path, folder)
    os.environ["SATCHEL_MODELS"] = str(folder)


class Photographer:
    """Drives the window by object names and saves what it shows, light and dark."""

    def __init__(self, program: Program, out: Path) -> None:
        self._program, self._out = program, out
        self._window = program.window

    @property
    def _ways(self) -> Navigation:
        assert self._window.navigation is not None, "the services are open"
        return self._window.navigation

    @property
    def _services(self) -> Services:
        assert self._program.services is not None
        return self._program.services

    def take_all(self, root: Path) -> None:
        """Welcome, a folder, questions, sources, the other pages, a larger folder while it is read, and the hub."""
        from app.ui.drop import Dropped
        from tests.helpers.hub_server import HubServer
        from tests.helpers.sample_documents import write_gardens, write_recipes

        folder = root / "Alder Lane gardens"
        files = write_gardens(folder)
        self._find("welcome")
        self._until("the machine's words", lambda: "memory" in self._find("welcome.machine.words").text())
        self._until("the starter model", lambda: bool(self._find("welcome.model.fit").text()))
        self._save("welcome")
        self._window.take(Dropped.of_paths([folder]))
        self._until("the index", lambda: any("is ready" in note.what for note in self._window.notices.notes()))
        reply = ""
        for number, question in enumerate(QUESTIONS):
            if number:
                self._ways.ask_about(1)
                self._settle()
            reply = self._ask(question)
        self._find(f"{reply}.evidence.quote1").click()
        self._until("the source", lambda: "Saturday of November" in self._find("source.text").toPlainText())
        self._save("chat")
        self._ways.ask_about(1)
        self._settle()
        reply = self._ask(PDF_QUESTION)
        self._find(f"{reply}.evidence.quote1").click()
        self._find("source.page")
        self._save("source-pdf")
        self._ways.go("documents")
        self._until("the files", lambda: self._find("documents.files").model().rowCount() == files)
        self._save("documents")
        self._find("documents.search").setText("When do I lift the bulbs?")
        self._find("documents.result.1")
        self._save("search")
        self._ways.go("models")
        self._until("the library", lambda: self._find("models.list").model().rowCount() > 0)
        self._find("models.list").setCurrentIndex(self._find("models.list").model().index(0, 0))
        self._until("the verdict", lambda: "it" in self._find("models.fit.sentence").text())
        self._until("the best settings", lambda: "token" in self._find("models.best.summary").text())
        self._save("models")
        self._find("models.lesson").click()
        self._find("models.lesson.bars")
        self._settle()
        self._find("models.details.scroll").verticalScrollBar().setValue(self._find("models.speed").y() - 12)
        self._save("models-lesson")
        self._ways.go("settings")
        self._save("settings")
        self._save_busy(write_recipes(root / "Recipes"))
        with HubServer() as server:
            self._save_hub(server, root / "hub")

    def _save_hub(self, server: HubServer, folder: Path) -> None:
        """The start list, a repository, what looking has requested, and downloads in their states."""
        from tests.helpers.sample_hub import HOST, LARGE, fill

        fill(server, folder)
        settings = self._services.settings
        network = replace(settings.current.network, endpoint=HOST, proxy=server.url)
        settings.save(replace(settings.current, network=network))
        self._ways.go("models")
        self._find("models.view.find").click()
        start = self._find("models.find.start.list")
        self._until("the start list", lambda: start.model().rowCount() > 20)
        self._save("find")
        titles = [start.model().index(row, 0).data() for row in range(start.model().rowCount())]
        self._choose(start, next(row for row, title in enumerate(titles) if str(title).startswith(LARGE.title)))
        self._until("the verdict", lambda: "akes" in self._find("models.find.fit.sentence").text())
        self._until("the advice", lambda: bool(self._find("models.find.advice.words").text()))
        self._save("find-details")
        self._enter(self._find("models.find.search"), "Qwen3")
        self._until("what was found", lambda: self._find("models.find.results").model().rowCount() == 3)
        self._ways.go("settings")
        self._find("settings.view.connections").click()
        self._save("connections")
        self._ways.go("models")
        self._save_downloads(server)

    def _save_downloads(self, server: HubServer) -> None:
        """One that is done, one that was paused, and one on its way, slowly."""
        from tests.helpers.sample_hub import LARGE, MIDDLE, SMALL, Throttle

        hub, downloads = self._services.hub, self._services.downloads
        server.behaviour = throttle = Throttle()

        def start(shape: Shape, quantization: str) -> int:
            details = hub.details(shape.repo_id)
            file = next(file for file in details.files if file.quantization == quantization)
            return downloads.add(file, details.model.title).id

        def come(number: int, percent: int) -> bool:
            now = downloads.get(number)
            return bool(now.done_bytes * 100 >= now.total_bytes * percent)

        done = start(SMALL, "Q8_0")
        self._until("a whole model", lambda: downloads.get(done).state == "done")
        paused = start(LARGE, "Q4_K_M")
        self._until("a part of a model", lambda: come(paused, 17))
        downloads.pause(paused)
        self._until("the pause", lambda: downloads.get(paused).state == "paused")
        under_way = start(MIDDLE, "Q4_K_M")
        throttle.from_byte = downloads.get(under_way).total_bytes * 40 // 100
        self._find("models.view.downloads").click()
        self._until("43 %", lambda: come(under_way, 43))
        self._save("downloads")
        downloads.cancel(under_way)

    def _choose(self, rows: Any, at: int) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        index = rows.model().index(at, 0)
        rows.scrollTo(index)
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(index).center())

    def _save_busy(self, folder: Path) -> None:
        """A reply that is being written while a larger folder is being read; a question for each theme."""
        from app.services.events import TextArrived
        from app.ui.drop import Dropped

        for card in list(self._window.notices.cards()):
            card.close_notice()
        self._ways.go("chat")
        self._ways.pages.chat.close_source()
        self._window.take(Dropped.of_paths([folder]))
        written: list[str] = []
        self._program.bridge.happened.connect(
            lambda event: written.append(event.text) if isinstance(event, TextArrived) else None
        )
        self._until("the reading", lambda: any((note.fraction or 0.0) > 0.05 for note in self._window.notices.notes()))
        for theme, question in BUSY_QUESTIONS.items():
            self._program.theme.choose(theme)
            written.clear()
            self._type(question)
            self._until("the reply's words", lambda: len("".join(written)) > 20)
            self._settle(0.15)
            self._grab(f"busy-{theme}")
            self._until("the reply's end", lambda: self._find("composer.send").toolTip().startswith("Send"))

    def _type(self, question: str) -> None:
        field = self._find("composer.input")
        self._until("the composer", field.isEnabled)
        self._enter(field, question)

    def _enter(self, field: Any, words: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def _ask(self, question: str) -> str:
        before = set(self._replies())
        self._type(question)
        self._until("the reply", lambda: bool(set(self._replies()) - before))
        return (set(self._replies()) - before).pop()

    def _replies(self) -> list[str]:
        end = ".regenerate"
        return [name.removesuffix(end) for name in self._names() if name.startswith("message.") and name.endswith(end)]

    def _names(self) -> list[str]:
        from PySide6.QtWidgets import QWidget

        return [found.objectName() for found in self._window.findChildren(QWidget) if found.isVisible()]

    def _save(self, name: str) -> None:
        for theme in ("light", "dark"):
            self._program.theme.choose(theme)
            for card in list(self._window.notices.cards()):
                card.close_notice()
            self._settle()
            self._grab(f"{name}-{theme}")

    def _grab(self, name: str) -> None:
        path = self._out / f"{name}.png"
        if not self._window.grab().save(str(path)):
            raise OSError(f"{path} could not be written")
        print(path)

    def _find(self, name: str) -> Any:
        from PySide6.QtWidgets import QWidget

        def visible() -> list[QWidget]:
            return [found for found in self._window.findChildren(QWidget, name) if found.isVisible()]

        self._until(name, lambda: bool(visible()))
        return visible()[0]

    def _settle(self, seconds: float = 0.5) -> None:
        """Let the window live as it does in the program: only a real loop also ends widgets that are done with."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come within {PATIENCE_S:.0f} s")
            self._settle(0.01)


if __name__ == "__main__":
    sys.exit(main())
