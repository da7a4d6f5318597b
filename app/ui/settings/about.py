"""What Satchel is, that it is offline, and under which licences its parts are."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.services.events import ConnectionsChanged, Event
from app.ui.parts import Parts
from app.ui.theme import RESOURCES
from app.ui.widgets.basic import Icon, button, column, frame, label, row
from app.ui.widgets.dialogs import Dialog


class AboutCard(QWidget):
    """The last card of the settings."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        card = frame("card", "settings.about")
        logo = label()
        logo.setPixmap(QIcon(str(RESOURCES / "satchel.svg")).pixmap(QSize(44, 44), self.devicePixelRatioF()))
        name = label(self.tr("Satchel {version}").format(version=version()), "heading", name="settings.version")
        what = label(
            self.tr("Small language models on your own machine, answering from your own documents."), "muted", wrap=True
        )
        self._offline = label(kind="good", wrap=True, name="settings.offline")
        self._icon = Icon(parts.theme, "shield-check", "good", 16)
        licences = button(self.tr("Licences"), "settings.licences", self._show_licences)
        words = column(name, what, spacing=2)
        offline_row = row(self._icon, self._offline, spacing=8)
        offline_row.setStretch(1, 1)
        words.addSpacing(6)
        words.addLayout(offline_row)
        layout = row(spacing=16, parent=card)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.addWidget(logo, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(licences, 0, Qt.AlignmentFlag.AlignTop)
        outer = column(label(self.tr("About"), "section"), card, spacing=8, parent=self)
        outer.setContentsMargins(0, 4, 0, 8)
        parts.bridge.happened.connect(self._happened)
        self._say(parts.settings.current.network.offline)

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._say(self._parts.settings.current.network.offline)

    def _say(self, offline: bool) -> None:
        self._icon.set_icon("wifi-off" if offline else "shield-check", "good")
        self._offline.setText(
            self.tr("Offline: no request leaves this machine.")
            if offline
            else self.tr("Your conversations and documents never leave this machine. Requests only get models.")
        )

    def _show_licences(self) -> None:
        dialog = Dialog(self, "settings.licences.dialog", self.tr("Licences"))
        dialog.take_room(640, 520)
        text = QPlainTextEdit(licences())
        text.setReadOnly(True)
        text.setAccessibleName(self.tr("Licences"))
        column(text, button(self.tr("Close"), "settings.licences.close", dialog.accept), margin=20, parent=dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def version() -> str:
    """Satchel's version; "from source" where it is not installed."""
    try:
        return metadata.version("satchel")
    except metadata.PackageNotFoundError:
        return "(from source)"


def licences() -> str:
    """One line for each installed part: name, version, licence as its own metadata states it."""
    lines = [f"Satchel {version()}: Apache-2.0", f"Qt {qVersion()} by PySide6: LGPL-3.0", "Inter (font): OFL-1.1"]
    lines += ["Lucide (icons): ISC", ""]
    found = {}
    for part in metadata.distributions():
        meta = part.metadata
        stated = (meta.get_all("License-Expression") or meta.get_all("License") or [""])[0]
        if not stated or "\n" in stated or len(stated) > 60:
            classifiers = [text for text in meta.get_all("Classifier") or [] if text.startswith("License ::")]
            stated = classifiers[0].rsplit(" :: ", 1)[-1] if classifiers else stated.splitlines()[0] if stated else "?"
        found[str(meta["Name"]).lower()] = f"{meta['Name']} {part.version}: {stated}"
    return "\n".join([*lines, *(found[name] for name in sorted(found))])
