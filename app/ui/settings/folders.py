"""The section of the Settings page that says where things are kept."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.ui.parts import Parts
from app.ui.reveal import show_in_file_manager
from app.ui.settings.controls import entry, section
from app.ui.widgets.basic import button, column
from app.ui.widgets.words import short_path


class FoldersSection(QWidget):
    """The folder with everything in it, and the file of these settings."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        home = parts.home
        show = button(self.tr("Show the folder"), "settings.home", lambda: _open(str(home.root)))
        show_file = button(self.tr("Show the file"), "settings.file", lambda: show_in_file_manager(home.settings_file))
        column(
            section(
                self.tr("Where things are"),
                entry(
                    self.tr("Satchel's folder"),
                    self.tr("Conversations, the index of your documents, and models it copied: {path}").format(
                        path=short_path(str(home.root))
                    ),
                    show,
                    "settings.home",
                ),
                entry(
                    self.tr("These settings"),
                    self.tr("A text file you can read and edit: {name}").format(name=home.settings_file.name),
                    show_file,
                    "settings.file",
                ),
            ),
            parent=self,
        )


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
