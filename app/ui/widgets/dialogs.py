"""Questions to the person that need a dialog: which folder, which files, what name. They are open, not waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

Taken = Callable[[list[Path]], object]


def choose_folder(parent: QWidget, name: str, title: str, taken: Taken) -> None:
    """Let the person choose a folder. ``name``: the dialog's object name; ``taken`` gets what was chosen, if it was."""
    _choose(parent, name, title, QFileDialog.FileMode.Directory, (), taken)


def choose_files(parent: QWidget, name: str, title: str, taken: Taken, filters: Sequence[str] = ()) -> None:
    """Let the person choose files. ``filters`` as Qt writes them: "Models (*.gguf)"."""
    _choose(parent, name, title, QFileDialog.FileMode.ExistingFiles, filters, taken)


def _choose(
    parent: QWidget, name: str, title: str, mode: QFileDialog.FileMode, filters: Sequence[str], taken: Taken
) -> None:
    dialog = QFileDialog(parent, title)
    dialog.setObjectName(name)
    dialog.setFileMode(mode)
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.filesSelected.connect(lambda files: taken([Path(file) for file in files]))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


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
