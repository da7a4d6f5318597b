"""What was dropped on the window, and what will happen with it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, QUrl

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
            parts.append(_translate("Add {name}").format(name=self.models[0].name))
        elif self.models:  # adapters look alike until they are read
            n = len(self.models)
            parts.append(counted(QCoreApplication.translate("drop", "Add %Ln model file(s)", "", n), n))
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
