"""What the pages are given: the look, the way to background work, and the services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.bridge import Bridge
from app.ui.theme import Theme

if TYPE_CHECKING:  # the window is shown before these are needed
    from app.core.paths import Home
    from app.services.chat_session import ChatSession
    from app.services.connections import Connections
    from app.services.documents import DocumentLibrary
    from app.services.downloads import Downloads
    from app.services.hub import ModelHub
    from app.services.model_library import ModelLibrary
    from app.services.planning import ModelPlanner
    from app.storage.settings import SettingsFile
    from app.ui.notices import Note


@dataclass(frozen=True)
class Parts:
    """See the module. ``notify`` shows a notice in the window."""

    theme: Theme
    bridge: Bridge
    home: Home
    chat: ChatSession
    documents: DocumentLibrary
    models: ModelLibrary
    hub: ModelHub
    downloads: Downloads
    planner: ModelPlanner
    connections: Connections
    settings: SettingsFile
    notify: Callable[[Note], None]
