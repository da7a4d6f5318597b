"""The words over the Find view while the offline switch is on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, label, row


class OfflineBar(QFrame):
    """Says that nothing is requested, and leads to the switch."""

    def __init__(self, theme: Theme, open_settings: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("models.find.offline")
        self.setProperty("kind", "notice")
        self.setProperty("state", "warning")
        words = label(
            self.tr("Satchel is offline: nothing is requested until you turn that off."),
            wrap=True,
            name="models.find.offline.words",
        )
        to_settings = button(self.tr("Settings"), "models.find.offline.settings", open_settings)
        icon = Icon(theme, "wifi-off", "warn", 18)
        inside = row(icon, words, to_settings, margin=10, spacing=10, parent=self)
        inside.setStretch(1, 1)
        inside.setAlignment(icon, Qt.AlignmentFlag.AlignVCenter)
