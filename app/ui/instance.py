"""One window per data folder: a second start hands its files to the first window and ends.

A lock file says who is first; it names the process, so one left behind by a kill is seen to be stale. A local socket
(named after the folder) is how the second reaches the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QLockFile, QObject, QThread, Signal

from app.core.errors import BusyError, StorageError
from app.core.paths import Home

if TYPE_CHECKING:  # imported when it is needed: the window is painted first
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_MS = 5000
RETRY_MS = 50
_MESSAGE_LIMIT = 1_000_000


class Instance(QObject):
    """The first start on a data folder. ``asked``: a second one wants the window raised and these paths (str) taken."""

    asked = Signal(list)

    def __init__(self, lock: QLockFile, server_name: str) -> None:
        super().__init__()
        self._lock, self._server_name = lock, server_name
        self._server: QLocalServer | None = None

    def listen(self) -> None:
        """Begin to answer second starts; they wait some seconds for it."""
        from PySide6.QtNetwork import QLocalServer

        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._server_name)  # left behind by a kill; we hold the lock, so nobody listens there
        self._server.listen(self._server_name)
        self._server.newConnection.connect(self._connected)

    def release(self) -> None:
        """Let another start be the first."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _connected(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _MESSAGE_LIMIT:
                socket.abort()
            return
        line = bytes(socket.readLine(_MESSAGE_LIMIT).data())
        try:
            paths = [str(path) for path in json.loads(line)["paths"]]
        except (ValueError, KeyError, TypeError):
            socket.abort()
            return
        socket.write(b"ok\n")
        socket.flush()
        self.asked.emit(paths)


def claim(home: Home, paths: Sequence[Path] = (), answer_ms: int = ANSWER_MS) -> Instance | None:
    """Be the first on this data folder, or tell the first about ``paths`` and get None. It has ``answer_ms`` to answer.

    Errors: StorageError when the folder cannot be written; BusyError when the first does not answer.
    """
    lock = QLockFile(str(home.root / "window.lock"))
    lock.setStaleLockTime(0)  # never by age, only when its process is gone
    name = server_name(home)
    if lock.tryLock(0):
        return Instance(lock, name)
    if lock.error() != QLockFile.LockError.LockFailedError:
        raise StorageError(
            "Satchel cannot use its folder.",
            f"{home.root} cannot be written to.",
            "See to its permissions and the disk's space, or set SATCHEL_HOME to another folder.",
        )
    if _tell_first(name, paths, answer_ms):
        return None
    raise BusyError(
        "Satchel is already running but does not answer.",
        f"Another window (process {lock.getLockInfo()[0]}) holds {home.root}.",
        "Wait a moment and start again; if that does not help, end that process.",
    )


def handed_over(paths: Sequence[Path]) -> str:
    """What a second start says after the first took its ``paths``."""
    if not paths:
        return "Satchel is already running: its window is in front now."
    what = f"“{paths[0].absolute().name or paths[0]}”" if len(paths) == 1 else f"{len(paths)} files and folders"
    return f"Satchel is already running: {what} went to its window, which is in front now."


def server_name(home: Home) -> str:
    """The socket's name: short, whatever the folder is called (Unix allows about 100 characters)."""
    return "satchel-" + hashlib.sha256(str(home.root).encode()).hexdigest()[:24]


def _tell_first(name: str, paths: Sequence[Path], answer_ms: int) -> bool:
    from PySide6.QtNetwork import QLocalSocket

    socket = QLocalSocket()
    patience = QDeadlineTimer(answer_ms)
    socket.connectToServer(name)
    while not socket.waitForConnected(max(0, patience.remainingTime())):
        if patience.hasExpired():
            return False
        QThread.msleep(RETRY_MS)  # the first is just starting and does not listen yet
        socket.connectToServer(name)
    socket.write(json.dumps({"paths": [str(path.absolute()) for path in paths]}).encode() + b"\n")
    socket.waitForBytesWritten(answer_ms)
    answered = socket.waitForReadyRead(answer_ms) and bytes(socket.readAll().data()) == b"ok\n"
    socket.disconnectFromServer()
    return answered
