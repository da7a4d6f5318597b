"""What was dropped on the window, what will happen with it, and the overlay that says so before the drop."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QColor, QDragMoveEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, frame, label
from app.ui.widgets.words import counted

MODEL_SUFFIX = ".gguf"


@dataclass(frozen=True)
class Dropped:
    """Local folders and files by what is done with them; ``elsewhere``: addresses that are not on this machine."""

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @classmethod
    def of_mime(cls, data: QMimeData) -> Dropped:
        """From a drag; text that is no file gives an empty one."""
        urls = [(url, _local_path(url)) for url in data.urls()]
        local = [path for _url, path in urls if path is not None]
        return cls.of_paths(local, tuple(url.toString() for url, path in urls if path is None and url.scheme()))

    @classmethod
    def of_paths(cls, paths: Iterable[Path], elsewhere: tuple[str, ...] = ()) -> Dropped:
        """Sort paths; each once."""
        folders: list[Path] = []
        files: list[Path] = []
        models: list[Path] = []
        for path in dict.fromkeys(paths):
            is_folder = os.path.isdir(path)  # noqa: PTH112 - unlike Path's, it raises for no name and no folder
            kind = folders if is_folder else models if path.suffix.lower() == MODEL_SUFFIX else files
            kind.append(path)
        return cls(tuple(folders), tuple(files), tuple(models), elsewhere)

    @property
    def documents(self) -> tuple[Path, ...]:
        """What becomes a collection."""
        return self.folders + self.files

    @property
    def usable(self) -> bool:
        """Whether anything of it is on this machine."""
        return bool(self.documents or self.models)

    def __bool__(self) -> bool:
        return self.usable or bool(self.elsewhere)

    @property
    def sentence(self) -> str:
        """What a drop will do: "Add 1 folder to your documents"."""
        parts = []
        if self.documents:
            parts.append(_translate("Add {what} to your documents").format(what=_and(self._document_words())))
        if len(self.models) == 1:
            parts.append(_translate("Add the model {name}").format(name=self.models[0].name))
        elif self.models:
            n = len(self.models)
            parts.append(counted(QCoreApplication.translate("drop", "Add %Ln model(s)", "", n), n))
        return "\n".join(parts) or _translate("This is not on your machine: save it to a file first")

    def _document_words(self) -> list[str]:
        words = []
        if n := len(self.folders):
            words.append(counted(QCoreApplication.translate("drop", "%Ln folder(s)", "", n), n))
        if n := len(self.files):
            words.append(counted(QCoreApplication.translate("drop", "%Ln file(s)", "", n), n))
        return words


def _local_path(url: QUrl) -> Path | None:
    """The file on this machine, if it is one. Some file managers write the machine's name: ``file://localhost/a``."""
    if not url.isLocalFile():
        return None
    if url.host() and os.name != "nt":  # there, it is a share's server and part of the path
        if url.host() not in ("localhost", platform.node().lower()):
            return None
        url.setHost("")
    return Path(url.toLocalFile())


def _translate(text: str) -> str:
    return QCoreApplication.translate("drop", text)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else _translate("{first} and {second}").format(first=words[0], second=words[1])


class DropOverlay(QWidget):
    """Over the whole window while something is dragged; it lets the drag through to the window below."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._over = theme, parent
        self.setObjectName("drop.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._icon = Icon(theme, "folder-plus", "accent", 48)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words = label(kind="title", wrap=True, name="drop.words")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = label(self.tr("Your files stay where they are."), "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = frame("drop")
        inner = column(spacing=14, margin=24, parent=box)
        inner.addStretch()
        inner.addWidget(self._icon)
        inner.addWidget(self._words)
        inner.addWidget(self._hint)
        inner.addStretch()
        column(box, margin=28, parent=self)
        parent.installEventFilter(self)
        self.hide()

    def show_for(self, dropped: Dropped) -> None:
        """Say what will happen."""
        only_models = bool(dropped.models) and not dropped.documents
        self._icon.set_icon("box" if only_models else "folder-plus" if dropped.usable else "unlink", "accent")
        self._words.setText(dropped.sentence)
        self._hint.setVisible(dropped.usable)
        self.setAccessibleName(dropped.sentence)
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = QColor(self._theme.colors.ground)
        ground.setAlpha(225)
        painter.fillRect(self.rect(), ground)


class TextDrops(QObject):
    """Lets a field take text that is dropped on it, and leaves files and addresses to the window."""

    def __init__(self, field: QPlainTextEdit) -> None:
        super().__init__(field)
        field.setAcceptDrops(True)
        field.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragMoveEvent) and Dropped.of_mime(event.mimeData()):  # entering is a move, too
            event.ignore()
            return True
        return super().eventFilter(watched, event)
