"""The window's pages, each built when it is first asked for; what it asks of others is connected to the ways there.

Building all of them at once would take as long as the rest of the start, for pages that are perhaps never looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.drop import Dropped
from app.ui.drop_zone import TextDrops, leave_drops
from app.ui.notices import Action, Note
from app.ui.rail import Page

if TYPE_CHECKING:
    from app.ui.chat.page import ChatPage
    from app.ui.documents.page import DocumentsPage
    from app.ui.intake import Intake
    from app.ui.models.page import ModelsPage
    from app.ui.navigation import Navigation
    from app.ui.parts import Parts
    from app.ui.settings.page import SettingsPage
    from app.ui.welcome import WelcomePage


class Pages(QObject):
    """See the module. They are kept in ``stack``; ``state`` is where the window remembers how it looks."""

    def __init__(self, parts: Parts, intake: Intake, ways: Navigation, stack: QStackedWidget, state: QSettings) -> None:
        super().__init__(stack)
        self._parts, self._intake, self._ways, self._stack, self._state = parts, intake, ways, stack, state

    def get(self, page: Page) -> QWidget:
        """The page of this name."""
        match page:
            case "chat":
                return self.chat
            case "models":
                return self.models
            case "documents":
                return self.documents
            case "settings":
                return self.settings

    @cached_property
    def chat(self) -> ChatPage:
        """The conversations."""
        from app.ui.chat.page import ChatPage
        from app.ui.settings.enter_key import EnterKey

        parts = self._parts
        made = ChatPage(parts.theme, parts.bridge, parts.chat, parts.documents, parts.models, self._state)
        made.open_models_page.connect(partial(self._ways.go, "models"))
        made.open_documents_page.connect(self._ways.show_collection)
        made.undo_offered.connect(self._offer_undo)
        question = made.pane.composer.input
        EnterKey(question, lambda: parts.settings.current.chat.send_on_enter)
        self._keep(made)
        TextDrops(question)
        return made

    @cached_property
    def models(self) -> ModelsPage:
        """The library, finding models, and downloads."""
        from app.ui.models.page import ModelsPage

        made = ModelsPage(self._parts)
        made.files_chosen.connect(lambda paths: self._intake.take(Dropped.of_paths(paths)))
        made.settings_requested.connect(self._ways.show_network)
        made.chat_requested.connect(self._ways.chat_with)
        self._intake.model_added.connect(made.select)
        self._keep(made)
        return made

    @cached_property
    def documents(self) -> DocumentsPage:
        """The collections."""
        from app.ui.documents.page import DocumentsPage

        made = DocumentsPage(self._parts)
        made.paths_chosen.connect(self._intake.add_documents)
        made.ask_about.connect(self._ways.ask_about)
        self._keep(made)
        return made

    @cached_property
    def settings(self) -> SettingsPage:
        """What a person chose."""
        from app.ui.settings.page import SettingsPage

        made = SettingsPage(self._parts)
        self._keep(made)
        return made

    @cached_property
    def welcome(self) -> WelcomePage:
        """What stands in the chat's place at the first start."""
        from app.ui.welcome import WelcomePage

        made = WelcomePage(self._parts)
        made.start_chatting.connect(self._ways.start_chat)
        made.folder_chosen.connect(lambda path: self._intake.take(Dropped.of_paths([path])))
        self._stack.addWidget(made)
        return made

    def _keep(self, page: QWidget) -> None:
        leave_drops(page)
        self._stack.addWidget(page)

    def _offer_undo(self, text: str, undo: Callable[[], None]) -> None:
        self._parts.notify(Note(text, action=Action(self.tr("Undo"), undo)))
