"""Show a file in the system's file manager, selected where the platform can do that."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

_SERVICE, _PATH = "org.freedesktop.FileManager1", "/org/freedesktop/FileManager1"
_ANSWER_MS = 2000


def show_in_file_manager(path: Path) -> None:
    """Select the file in its folder; where that cannot be done, or it is gone, only open the folder."""
    if path.exists() and _select(path):
        return
    folder = next((each for each in path.parents if each.is_dir()), path.parent)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _select(path: Path) -> bool:
    if sys.platform == "win32":
        # Explorer takes its argument only in this form: one word, quoted after the comma.
        process = QProcess()
        process.setProgram("explorer.exe")
        process.setNativeArguments(f'/select,"{path}"')
        return bool(process.startDetached()[0])
    if sys.platform == "darwin":
        return bool(QProcess.startDetached("open", ["-R", str(path)])[0])
    return _ask_file_manager(path)


def _ask_file_manager(path: Path) -> bool:
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    call = QDBusMessage.createMethodCall(_SERVICE, _PATH, _SERVICE, "ShowItems")
    call.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    answer = bus.call(call, timeout=_ANSWER_MS)
    return bool(answer.type() == QDBusMessage.MessageType.ReplyMessage)
