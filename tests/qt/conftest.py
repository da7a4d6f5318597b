"""What the window's tests are given: the look, a bridge, fakes at the boundary, and English numbers."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from app.core.paths import Home
from app.storage.settings import SettingsFile
from app.ui.bridge import Bridge
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.theme import Theme
from tests.helpers.fake_hub import FakeDownloads, FakeModelHub, FakePlanner
from tests.helpers.fake_libraries import FakeDocumentLibrary, FakeModelLibrary
from tests.helpers.fake_network import FakeConnections
from tests.helpers.fake_services import FakeChatSession


@pytest.fixture(autouse=True)
def english() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English))


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


@pytest.fixture
def world(theme: Theme, bridge: Bridge, home: Home) -> SimpleNamespace:
    """Fakes and the parts made of them; ``notes`` collects what would be shown as notices."""
    notes: list[Note] = []
    models, documents = FakeModelLibrary(bridge.publish), FakeDocumentLibrary(bridge.publish)
    chat, settings = FakeChatSession(bridge.publish), SettingsFile(home.settings_file)
    planner = FakePlanner()
    hub, downloads = FakeModelHub(), FakeDownloads(bridge.publish, models)
    connections = FakeConnections(bridge.publish, settings)
    parts = Parts(
        theme=theme,
        bridge=bridge,
        home=home,
        chat=chat,  # type: ignore[arg-type]
        documents=documents,  # type: ignore[arg-type]
        models=models,  # type: ignore[arg-type]
        hub=hub,  # type: ignore[arg-type]
        connections=connections,  # type: ignore[arg-type]
        downloads=downloads,  # type: ignore[arg-type]
        planner=planner,  # type: ignore[arg-type]
        settings=settings,
        notify=notes.append,
    )
    bridge.failed.connect(lambda error: notes.append(Note.of_error(error)))
    return SimpleNamespace(
        parts=parts,
        models=models,
        documents=documents,
        chat=chat,
        hub=hub,
        connections=connections,
        downloads=downloads,
        planner=planner,
        settings=settings,
        notes=notes,
        bridge=bridge,
    )
