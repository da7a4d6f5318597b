"""The Settings page: what a person chose, each change kept at once in the settings file."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.parts import Parts
from app.ui.settings.about import AboutCard
from app.ui.settings.appearance import AppearanceSection
from app.ui.settings.changes import Changes
from app.ui.settings.connections import ConnectionsView
from app.ui.settings.folders import FoldersSection
from app.ui.settings.loading import LoadingSection
from app.ui.settings.network import NetworkSection
from app.ui.settings.talking import ChatSection, DocumentsSection, SamplingSection
from app.ui.widgets.basic import column
from app.ui.widgets.page import centred_column, header, scrolling
from app.ui.widgets.segments import Segments

WIDTH = 780

View = Literal["preferences", "connections"]


class SettingsPage(QWidget):
    """Sections of rows, each a name, a sentence and a control; in a view of its own, every request that was made."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.setObjectName("settings")
        changes = Changes(parts, self)
        self._network = NetworkSection(parts, changes.of("network"))
        self._network.connections_requested.connect(lambda: self.show_view("connections"))
        content, inside = centred_column(WIDTH, spacing=10)
        for section in (
            AppearanceSection(parts, changes),
            ChatSection(parts, changes),
            DocumentsSection(parts, changes),
            LoadingSection(parts, changes),
            SamplingSection(parts, changes),
            self._network,
            FoldersSection(parts),
            AboutCard(parts),
        ):
            inside.addWidget(section)
        inside.addStretch()
        words = {"preferences": self.tr("Preferences"), "connections": self.tr("Connections")}
        self._segments = Segments(parts.theme, "settings.view", self.tr("Views"), words)
        self._segments.chosen.connect(lambda name: self.show_view(name))
        self._scroll = scrolling(content, "settings.scroll")
        self._connections: ConnectionsView | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self._scroll)
        top = header(self.tr("Settings"), name="settings.header", views=self._segments)
        column(top, self._stack, spacing=0, parent=self).setStretch(1, 1)

    def show_view(self, view: View) -> None:
        """Show what can be chosen, or the requests."""
        if view == "connections" and self._connections is None:
            self._connections = ConnectionsView(self._parts)
            self._stack.addWidget(self._connections)
        self._segments.show_view(view)
        wanted = self._connections if view == "connections" else self._scroll
        if wanted is not None:
            self._stack.setCurrentWidget(wanted)

    def show_network(self) -> None:
        """Show the settings of the network."""
        self.show_view("preferences")
        QTimer.singleShot(0, self, lambda: self._scroll.verticalScrollBar().setValue(self._network.y() - 16))
