"""A server that is as fast as the system sends a file: ``python -m tests.helpers.sendfile_server FILE [BYTES_PER_S]``.

In a process of its own, so that it takes no time from whoever it is measured with. It prints its port, serves the file
under every path, whole or by range, and ends when its standard input does. ``BYTES_PER_S``: over all connections.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_STEP_BYTES = 4 * 2**20
_THROTTLED_STEP_BYTES = 256 * 1024


class Throttle:
    """Lets so many bytes a second through, over all threads; 0: all."""

    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, count: int) -> None:
        """Wait until so many bytes may go."""
        if not self._bytes_per_s:
            return
        with self._lock:
            start = max(time.monotonic(), self._free_at)
            self._free_at = start + count / self._bytes_per_s
        time.sleep(max(0.0, start - time.monotonic()))


def serve(connection: socket.socket, path: Path, throttle: Throttle) -> None:
    """Answer the requests of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    size, step = path.stat().st_size, _STEP_BYTES if not throttle._bytes_per_s else _THROTTLED_STEP_BYTES
    waiting = b""
    with path.open("rb") as file, connection, contextlib.suppress(ConnectionError):
        while True:
            while b"\r\n\r\n" not in waiting:
                received = connection.recv(65536)
                if not received:
                    return
                waiting += received
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)\r\nrange: bytes=(\d+)-(\d*)", head)
            at, end = (int(found[1]), int(found[2] or size - 1) + 1) if found else (0, size)
            status = "206 Partial Content" if found else "200 OK"
            headers = f"Content-Length: {end - at}\r\nContent-Range: bytes {at}-{end - 1}/{size}\r\n"
            connection.sendall(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode())
            while at < end:
                throttle.take(min(step, end - at))
                until = min(end, at + step)
                while at < until:
                    at += os.sendfile(connection.fileno(), file.fileno(), at, until - at)


@contextlib.contextmanager
def sendfile_server(path: Path, bytes_per_s: float = 0) -> Iterator[str]:
    """The URL of one that runs."""
    arguments = [sys.executable, "-m", "tests.helpers.sendfile_server", str(path), str(bytes_per_s)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/file"
        process.stdin.close()


def main() -> None:
    """See the module."""
    path, throttle = Path(sys.argv[1]), Throttle(float(sys.argv[2]))
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, path, throttle), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
