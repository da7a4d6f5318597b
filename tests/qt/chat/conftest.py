"""A chat page on in-memory services, with the real bridge between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.services.events import EventHub
from app.ui.bridge import Bridge
from app.ui.chat.page import ChatPage
from app.ui.chat.reply import ReplyMessage
from app.ui.theme import Theme
from tests.helpers.fake_libraries import FakeModelLibrary, collection, model
from tests.helpers.fake_services import FakeChatSession
from tests.helpers.screens_chat import SourceLibrary


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@dataclass
class Stage:
    """The services under a page, and the page once it is opened."""

    qtbot: QtBot
    theme: Theme
    hub: EventHub
    bridge: Bridge
    session: FakeChatSession
    documents: SourceLibrary
    models: FakeModelLibrary
    page: ChatPage = field(init=False)

    def open(self, width: int = 1200, height: int = 800) -> ChatPage:
        """Show the page and wait until it has read the conversations and the library."""
        self.page = ChatPage(self.theme, self.bridge, self.session, self.documents, self.models)
        self.qtbot.addWidget(self.page)
        self.page.resize(width, height)
        self.page.show()
        count = len(self.session.list_conversations())
        self.until(lambda: self.page.sidebar.model.rowCount() >= count and self.page.model_status.known)
        newest = self.session.list_conversations()[:1]
        if newest:
            wanted = len(self.session.messages(newest[0].id))
            self.until(lambda: len(self.page.pane.messages.messages) == wanted)
        return self.page

    def until(self, condition: Callable[[], bool]) -> None:
        """Let events run until it is so."""
        self.qtbot.waitUntil(condition, timeout=10_000)

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        """The part with this object name."""
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def last_reply(self) -> ReplyMessage:
        """The newest answer's widget."""
        widgets = self.page.pane.messages.widgets
        assert widgets
        widget = widgets[-1]
        assert isinstance(widget, ReplyMessage)
        return widget


@pytest.fixture
def stage(qtbot: QtBot, theme: Theme) -> Iterator[Stage]:
    hub, bridge = EventHub(), Bridge()
    hub.subscribe(bridge.publish)
    made = Stage(
        qtbot,
        theme,
        hub,
        bridge,
        FakeChatSession(hub.publish),
        SourceLibrary(hub.publish, [collection(1, "House"), collection(2, "Trip notes")]),
        FakeModelLibrary(hub.publish, [model(1), model(2, name="Qwen3 1.7B Instruct", size_bytes=1_280_000_000)]),
    )
    made.models.loaded.load(1)
    yield made
    bridge.close()
