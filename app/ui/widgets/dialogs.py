"""Questions to the person that need a dialog: which folder, which files, what name. They are open, not waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QSize, QStandardPaths, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QWidget

from app.ui.widgets.placement import keep_on_screen, room_on_screen

Taken = Callable[[list[Path]], object]

LAST_FOLDER = "last_folder"
"""The property of the main window with the folder that was used last; the window keeps it for the next start."""

_MARGIN = 40


class Dialog(QDialog):
    """A dialog over ``parent``'s window, never larger than it, and never beyond the screen's edge."""

    def __init__(self, parent: QWidget, name: str, title: str) -> None:
        super().__init__(parent)
        self._over = parent.window()
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)

    def take_room(self, width: int, height: int) -> None:
        """Be this large where there is room; one that is shown grows from its middle."""
        most = self._over.size() - QSize(_MARGIN, _MARGIN)
        placed = QRect(self.pos(), QSize(width, height).boundedTo(most).boundedTo(room_on_screen(self).size()))
        if self.isVisible():
            placed.moveCenter(self.geometry().center())
            self.setGeometry(placed)
            keep_on_screen(self)
        else:
            self.resize(placed.size())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)


def choose_folder(parent: QWidget, name: str, title: str, taken: Taken) -> None:
    """Let the person choose a folder. ``name``: the dialog's object name; ``taken`` gets what was chosen, if it was."""
    _choose(parent, name, title, QFileDialog.FileMode.Directory, (), taken)


def choose_files(parent: QWidget, name: str, title: str, taken: Taken, filters: Sequence[str] = ()) -> None:
    """Let the person choose files. ``filters`` as Qt writes them: "Models (*.gguf)"."""
    _choose(parent, name, title, QFileDialog.FileMode.ExistingFiles, filters, taken)


def choose_file(
    parent: QWidget, name: str, title: str, taken: Callable[[Path], object], filters: Sequence[str] = ()
) -> None:
    """Let the person choose one file."""
    _choose(parent, name, title, QFileDialog.FileMode.ExistingFile, filters, lambda files: taken(files[0]))


def _choose(
    parent: QWidget, name: str, title: str, mode: QFileDialog.FileMode, filters: Sequence[str], taken: Taken
) -> None:
    window = _main_window(parent)
    dialog = QFileDialog(parent, title, str(_first_folder(window)))
    dialog.setObjectName(name)
    dialog.setFileMode(mode)
    if filters:
        dialog.setNameFilters(list(filters))

    def chosen(files: list[str]) -> None:
        paths = [Path(file) for file in files]
        window.setProperty(LAST_FOLDER, str(paths[0].parent))
        taken(paths)

    dialog.filesSelected.connect(chosen)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    keep_on_screen(dialog)


def _main_window(widget: QWidget) -> QWidget:
    window = widget.window()
    while (parent := window.parentWidget()) is not None:
        window = parent.window()
    return window


def _first_folder(window: QWidget) -> Path:
    """The folder that was used last, else the downloads, else the person's home: not where Satchel was started."""
    downloads = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    for folder in (window.property(LAST_FOLDER), downloads):
        if folder and Path(folder).is_dir():
            return Path(folder)
    return Path.home()


def ask_name(parent: QWidget, name: str, title: str, words: str, now: str, taken: Callable[[str], object]) -> None:
    """Let the person change a name that is ``now``. ``taken`` gets it without spaces around it; it may be empty."""
    dialog = QInputDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle(title)
    dialog.setLabelText(words)
    dialog.setTextValue(now)
    dialog.resize(420, 120)
    dialog.textValueSelected.connect(lambda typed: taken(typed.strip()))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
