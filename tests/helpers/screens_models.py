"""Renders the Models page in its states to PNG files, to look at: ``python -m tests.helpers.screens_models FOLDER``.

Further arguments name the states to render; none: all of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QLocale
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QListView, QScrollArea, QWidget

from app.core.errors import HubError, NetworkError, SatchelError
from app.core.paths import Home
from app.models.source import ModelSource
from app.storage.settings import SettingsFile
from app.ui.bridge import Bridge
from app.ui.models.page import ModelsPage
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.rail import Memory, Rail
from app.ui.theme import Theme, ThemeChoice
from app.ui.widgets.basic import row
from tests.helpers.fake_hub import GB, FakeDownloads, FakeModelHub, FakePlanner, download, found, many, offline
from tests.helpers.fake_libraries import FakeDocumentLibrary, FakeModelLibrary, model
from tests.helpers.fake_network import FakeConnections
from tests.helpers.fake_services import FakeChatSession

LONG = "DeepSeek-R1-Distill-Llama-8B-Abliterated-Uncensored-Roleplay-Imatrix-Merged-v2.1-Final-Really-GGUF"
WidgetT = TypeVar("WidgetT", bound=QWidget)


class Stage:
    """A Models page on fakes beside the rail, and a way to let time pass."""

    def __init__(self, theme: Theme, folder: Path, width: int, height: int) -> None:
        self.bridge = Bridge()
        self.notes: list[Note] = []
        publish = self.bridge.publish
        self.models = FakeModelLibrary(
            publish, [model(1), model(2, name="Qwen3 1.7B Instruct", size_bytes=1_280_000_000)]
        )
        self.hub, self.downloads = FakeModelHub(many(500)), FakeDownloads(publish, self.models)
        self.planner = FakePlanner()
        self.settings = SettingsFile(Home(folder).create().settings_file)
        self.parts = Parts(
            theme=theme,
            bridge=self.bridge,
            home=Home(folder),
            chat=FakeChatSession(publish),  # type: ignore[arg-type]
            documents=FakeDocumentLibrary(publish),  # type: ignore[arg-type]
            models=self.models,  # type: ignore[arg-type]
            hub=self.hub,  # type: ignore[arg-type]
            connections=FakeConnections(publish, self.settings),  # type: ignore[arg-type]
            downloads=self.downloads,  # type: ignore[arg-type]
            planner=self.planner,  # type: ignore[arg-type]
            settings=self.settings,
            notify=self.notes.append,
        )
        self.window = QWidget()
        self.window.resize(width, height)
        self.rail = Rail(theme, self.bridge, lambda: Memory(18 * GB, 32 * GB))
        self.rail.show_page("models")
        self.page: ModelsPage | None = None

    def open(self, view: str = "find") -> ModelsPage:
        self.page = ModelsPage(self.parts)
        row(self.rail, self.page, spacing=0, parent=self.window).setStretch(1, 1)
        self.page.show_view(view)  # type: ignore[arg-type]
        self.window.show()
        self.settle()
        return self.page

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def search(self, text: str = "") -> None:
        if not text:
            self.find(QWidget, "models.find.browse").click()  # type: ignore[attr-defined]
        else:
            field = self.find(QLineEdit, "models.find.search")
            field.setText(text)
            field.returnPressed.emit()
        self.settle()

    def choose(self, name: str = "models.find.start.list", at: int = 0) -> None:
        rows = self.find(QListView, name)
        rows.setCurrentIndex(rows.model().index(at, 0))
        rows.clicked.emit(rows.model().index(at, 0))
        self.settle(0.7)

    def settle(self, seconds: float = 0.35) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            QApplication.processEvents()
            time.sleep(0.005)


def _library(stage: Stage) -> None:
    stage.open("library")


def _start(stage: Stage) -> None:
    stage.open()


def _results(stage: Stage) -> None:
    stage.open()
    stage.search()


def _one(stage: Stage) -> None:
    stage.open()
    stage.search("model-004")


def _nothing(stage: Stage) -> None:
    stage.open()
    stage.search("nothing of the kind")


def _fitting(stage: Stage) -> None:
    stage.open()
    stage.find(QCheckBox, "models.find.fitting").click()
    stage.search()


def _end(stage: Stage) -> None:
    stage.open()
    stage.search()
    bar = stage.find(QListView, "models.find.results").verticalScrollBar()
    for _ in range(3):
        bar.setValue(bar.maximum())
        stage.settle(0.2)
    stage.hub.problem = NetworkError("The hub cannot be reached.", "Its name was not found.", "Check the connection.")
    bar.setValue(bar.maximum())
    stage.settle()
    bar.setValue(bar.maximum())


def _details(stage: Stage) -> None:
    stage.hub.models.insert(0, found())
    stage.open()
    stage.choose()


def _card(stage: Stage) -> None:
    _details(stage)
    area = stage.find(QScrollArea, "models.find.details.scroll")
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())


def _fit(stage: Stage) -> None:
    _details(stage)
    area = stage.find(QScrollArea, "models.find.details.scroll")
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum() // 3)


def _long(stage: Stage) -> None:
    stage.hub.models = [
        found(LONG, "an-author-with-quite-a-long-name", license="llama3.1-community-licence-agreement"),
        *many(20),
    ]
    stage.hub.card = f"# {LONG}\n\nA merge."
    stage.open()
    stage.search()
    stage.choose("models.find.results")


def _large(stage: Stage) -> None:
    stage.hub.models.insert(0, found("Llama-3.3-70B-Instruct-GGUF", "meta", parameters=70_600_000_000))
    stage.open()
    stage.search()
    stage.choose("models.find.results")


def _gated(stage: Stage) -> None:
    stage.hub.models.insert(0, found("Gemma-3-4B-it-GGUF", "google", gated="auto", parameters=3_900_000_000))
    stage.open()
    stage.search()
    stage.choose("models.find.results")


def _gated_with_token(stage: Stage) -> None:
    stage.hub.token = "hf_x"
    stage.hub.refused["verdict"] = stage.planner.problem = HubError(
        "google/Gemma-3-4B-it-GGUF is shared under conditions.",
        "The account of your access token has not accepted them, or its author has not let it in yet.",
        "See https://huggingface.co/google/Gemma-3-4B-it-GGUF; some authors decide by hand, which takes days.",
        reason="gated",
    )
    _gated(stage)


def _not_judged(stage: Stage) -> None:
    stage.hub.refused["verdict"] = stage.planner.problem = NetworkError(
        "The connection to cas-bridge.xethub.hf.co broke off.", "", "Check the connection, then try again."
    )
    _details(stage)
    area = stage.find(QScrollArea, "models.find.details.scroll")
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum() // 3)


def _not_found(stage: Stage) -> None:
    stage.open()
    stage.hub.refused["details"] = HubError(
        "Qwen/Qwen3-1.7B-GGUF was not found.",
        "There is none of this name, or it is private.",
        "Check the name; a private one needs an access token in Settings, under Network.",
        reason="not_found",
    )
    stage.choose()


def _gated_details(stage: Stage) -> None:
    stage.open()
    stage.hub.refused["details"] = HubError(
        "Qwen/Qwen3-1.7B-GGUF is shared under conditions.",
        "Its author wants them accepted first, by somebody who is signed in.",
        "Accept them at https://huggingface.co/Qwen/Qwen3-1.7B-GGUF, then enter an access token of that account in "
        "Settings, under Network.",
        reason="gated",
    )
    stage.choose()


def _dead_proxy(stage: Stage) -> None:
    stage.open()
    stage.hub.problem = NetworkError(
        "huggingface.co cannot be reached.",
        "The proxy proxy.example does not answer.",
        "Check the proxy in Settings, under Network.",
        reason="proxy",
    )
    stage.search()


def _offline(stage: Stage) -> None:
    current = stage.settings.current
    stage.settings.save(replace(current, network=replace(current.network, offline=True)))
    stage.open()
    stage.hub.problem = offline()
    stage.choose()


def _no_network(stage: Stage) -> None:
    stage.open()
    stage.hub.problem = NetworkError(
        "The hub cannot be reached.",
        "Its name was not found: this machine seems to have no connection to the internet.",
        "Check the connection, then try again.",
    )
    stage.search()


def _looking(stage: Stage) -> None:
    stage.open()
    stage.hub.hold = threading.Event()
    stage.search()


def _details_looking(stage: Stage) -> None:
    stage.hub.models.insert(0, found())
    stage.open()
    stage.hub.hold = threading.Event()
    stage.choose()


def _in_library(stage: Stage) -> None:
    stage.hub.models.insert(0, found())
    owned = model(3, name="Qwen3 1.7B")
    stage.models.put(replace(owned, source=ModelSource("Qwen/Qwen3-1.7B-GGUF", "", "Qwen3-1.7B-Q8_0.gguf")))
    stage.open()
    stage.choose()


def _on_its_way(stage: Stage) -> None:
    stage.hub.models.insert(0, found())
    stage.open()
    stage.choose()
    stage.find(QWidget, "models.find.download").click()  # type: ignore[attr-defined]
    stage.settle(0.2)
    stage.downloads.change(1, done_bytes=780_000_000)


def _downloads(stage: Stage) -> None:
    eight = found("Qwen3-8B-GGUF", parameters=8_200_000_000)
    stage.open("downloads")
    stage.downloads.put(
        download(1, "done", 1.0, model=found("SmolLM2-360M-GGUF", parameters=360_000_000)),
        download(2, "downloading", 0.43, model=eight, quantization="Q4_K_M"),
        download(3, "verifying", 1.0, quantization="Q6_K", checked_bytes=900_000_000),
        download(4, "downloading", 0.11, bytes_per_s=0.0, note="Waiting 30 s: the server asked for a pause."),
        download(5, "paused", 0.7, model=eight, quantization="Q5_K_M"),
        download(
            6,
            "failed",
            0.31,
            model=found(LONG),
            problem="The file on the hub is another now: what had come no longer matches. Try again.",
        ),
        download(7, model=found("Llama-3.2-3B-Instruct-GGUF", parameters=3_200_000_000)),
    )
    _ring(stage)


def _queued(stage: Stage) -> None:
    stage.open("downloads")
    stage.downloads.put(
        download(1, "downloading", 0.43, quantization="Q4_K_M"),
        *(download(number, model=entry) for number, entry in enumerate(many(20), 2)),
    )
    _ring(stage)


def _ring(stage: Stage) -> None:
    stage.rail.show_progress("models", 0.43, "One model downloading")


def _no_downloads(stage: Stage) -> None:
    stage.open("downloads")


STATES: dict[str, Callable[[Stage], None]] = {
    name.removeprefix("_"): made
    for name, made in list(globals().items())
    if callable(made) and made.__module__ == __name__ and name.startswith("_") and name != "_ring"
}


def window_only(stage: Stage) -> QPixmap:
    """The window as it is."""
    return stage.window.grab()


def render(
    states: Mapping[str, Callable[[Stage], None]],
    folder: Path,
    wanted: list[str],
    *,
    prefix: str = "",
    picture: Callable[[Stage], QPixmap] = window_only,
) -> None:
    """Draw states to ``folder``, each light and dark; ``LOOK`` in the environment sets another size: "900x600"."""
    application = QApplication(sys.argv[:1])
    QLocale.setDefault(QLocale(QLocale.Language.English))
    folder.mkdir(parents=True, exist_ok=True)
    width, height = (int(part) for part in os.environ.get("LOOK", "1280x820").split("x"))
    choices: tuple[ThemeChoice, ...] = ("light", "dark")
    for choice in choices:
        theme = Theme(application, choice)
        for name in wanted or states:
            with tempfile.TemporaryDirectory() as home:
                stage = Stage(theme, Path(home), width, height)
                try:
                    states[name](stage)
                except SatchelError as error:
                    sys.stderr.write(f"{name}: {error}\n")
                stage.settle()
                picture(stage).save(str(folder / f"{prefix}{name}-{choice}.png"))
                for held in (stage.hub.hold, stage.models.loaded.hold):
                    if held is not None:
                        held.set()
                stage.settle(0.05)
                stage.window.hide()
                stage.bridge.close()
                stage.window.deleteLater()


if __name__ == "__main__":
    render(STATES, Path(sys.argv[1]), sys.argv[2:])
