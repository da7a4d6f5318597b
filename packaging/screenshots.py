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
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

PATIENCE_S = 120.0

QUESTIONS = (
    "How deep should garlic be planted?",
    "Who may use the shared tools?",
    "When is the water turned off?",
)

SAMPLE = {
    "House rules.md": """# House rules of the Alder Lane gardens

## Water

The water is turned on in the last week of March and turned off on the first Saturday of November. Before that day,
drain your hoses and leave your tap open: in 2021 three taps burst in the first night of frost.

In dry summers watering is allowed before nine in the morning and after seven in the evening.

## Shared tools

Every member who has taken part in a spring workday may use the shared tools. Tools are signed out in the book in the
shed and come back clean on the same day. The tiller is lent only to members who have been shown how to use it.

## Compost

| What | Where |
|---|---|
| Leaves and grass | the three open bins |
| Kitchen scraps | the closed bin only |
| Diseased plants | nowhere: take them home |

## Quiet hours

No machines run on Sundays, nor on weekdays between one and three in the afternoon.
""",
    "Growing/Garlic and onions.md": """# Garlic and onions

## Planting garlic

Plant garlic in the second half of October. Set each clove five centimetres deep, point up, and fifteen centimetres
from the next. Cover the bed with a hand's breadth of leaves once the ground has frozen.

## Harvest

Lift the bulbs when the lower third of the leaves has turned brown, in most years around the tenth of July. Dry them for
three weeks in the shed, out of the sun.
""",
    "Growing/Tomatoes.txt": """Tomatoes

Sow indoors in the middle of March. Do not plant them out before the Ice Saints in May.
Water the soil and never the leaves: most of the blight of 2023 came from hoses.
""",
    "Minutes/2025-03.html": """<html><body><h1>Minutes of March 2025</h1>
<h2>Plots</h2><p>Plot 14 goes to the Okafor family. The waiting list is closed until autumn; it has nineteen names.</p>
<h2>Money</h2><p>The yearly fee stays at forty-two euros. The new roof cost 1,180 euros, 60 less than planned.</p>
</body></html>""",
    "Tools/rain.py": '''"""Litres that a roof gives."""


def litres(roof_m2: float, rain_mm: float, loss: float = 0.15) -> float:
    """One millimetre of rain on one square metre is one litre; gutters lose some of it."""
    return roof_m2 * rain_mm * (1 - loss)
''',
    "Minutes/draft.md": "",
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
        Photographer(application, program, out).take_all(_write_sample(root / "Alder Lane gardens"))
    finally:
        program.close()
    return 0


def _copy_models(folder: Path) -> None:
    made = Path(os.environ.get("SATCHEL_MODELS") or REPOSITORY / ".models")
    folder.mkdir(parents=True)
    for path in made.glob("*.gguf"):
        shutil.copy(path, folder)
    os.environ["SATCHEL_MODELS"] = str(folder)


def _write_sample(folder: Path) -> Path:
    for name, text in SAMPLE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "Map of the plots.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    return folder


class Photographer:
    """Drives the window by object names and saves what it shows, light and dark."""

    def __init__(self, application: Any, program: Any, out: Path) -> None:
        self._application, self._program, self._out = application, program, out
        self._window = program.window

    def take_all(self, folder: Path) -> None:
        """Welcome, a folder, questions, a source, and the other pages."""
        from app.ui.drop import Dropped

        self._find("welcome")
        self._until("the machine's words", lambda: "memory" in self._find("welcome.machine.words").text())
        self._until("the starter model", lambda: bool(self._find("welcome.model.fit").text()))
        self._save("welcome")
        self._window.take(Dropped.of_paths([folder]))
        self._until("the index", lambda: any("is ready" in note.what for note in self._window.notices.notes()))
        reply = ""
        for number, question in enumerate(QUESTIONS):
            if number:
                self._window.ask_about(1)
                self._settle()
            reply = self._ask(question)
        self._find(f"{reply}.evidence.quote1").click()
        self._until("the source", lambda: "Saturday of November" in self._find("source.text").toPlainText())
        self._save("chat")
        self._window.go("documents")
        self._until("the files", lambda: self._find("documents.files").model().rowCount() == len(SAMPLE) + 1)
        self._save("documents")
        self._find("documents.search").setText("When do I lift the bulbs?")
        self._find("documents.result.1")
        self._save("search")
        self._window.go("models")
        self._until("the library", lambda: self._find("models.list").model().rowCount() > 0)
        self._find("models.list").setCurrentIndex(self._find("models.list").model().index(0, 0))
        self._until("the verdict", lambda: "it" in self._find("models.fit.sentence").text())
        self._save("models")
        self._window.go("settings")
        self._save("settings")

    def _ask(self, question: str) -> str:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        before = set(self._replies())
        field = self._find("composer.input")
        self._until("the composer", field.isEnabled)
        QTest.keyClicks(field, question)
        QTest.keyClick(field, Qt.Key.Key_Return)
        self._until("the reply", lambda: bool(set(self._replies()) - before))
        return (set(self._replies()) - before).pop()

    def _replies(self) -> list[str]:
        from PySide6.QtWidgets import QWidget

        end = ".regenerate"
        names = [found.objectName() for found in self._window.findChildren(QWidget) if found.isVisible()]
        return [name.removesuffix(end) for name in names if name.startswith("message.") and name.endswith(end)]

    def _save(self, name: str) -> None:
        for theme in ("light", "dark"):
            self._program.theme.choose(theme)
            for card in list(self._window.notices.cards()):
                card.close_notice()
            self._settle()
            path = self._out / f"{name}-{theme}.png"
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
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._application.processEvents()
            time.sleep(0.01)

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come within {PATIENCE_S:.0f} s")
            self._application.processEvents()
            time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
