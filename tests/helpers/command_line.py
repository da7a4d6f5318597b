"""The real program as a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.chat.transcript import Message
from app.core.paths import Home
from app.storage.conversations import Conversations
from app.storage.schema import open_database

REPOSITORY = Path(__file__).resolve().parents[2]


class Satchel:
    """Runs ``satchel ...`` on one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.environment = {**os.environ, "SATCHEL_HOME": str(home.root)}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Begin a command; ``options`` are those of :class:`subprocess.Popen`."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [sys.executable, "-m", "app", *arguments]
        return subprocess.Popen(command, cwd=REPOSITORY, env=self.environment, text=True, encoding="utf-8", **streams)

    def run(self, *arguments: str, code: int = 0, typed: str | None = None) -> tuple[str, str]:
        """A command's stdout and stderr; ``code``: how it has to end; ``typed``: its stdin."""
        process = self.start(*arguments, stdin=subprocess.PIPE)
        out, err = process.communicate(typed, timeout=120)
        assert process.returncode == code, f"{process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return out, err

    def json(self, *arguments: str, code: int = 0) -> Any:
        """A command's answer for programs."""
        return json.loads(self.run(*arguments, "--json", code=code)[0])

    def messages(self) -> list[Message]:
        """Of the newest conversation."""
        with self.conversations() as conversations:
            return conversations.path(conversations.summaries()[0].id)

    @contextmanager
    def conversations(self) -> Iterator[Conversations]:
        """The database, while no command runs or beside one."""
        database = open_database(self.home)
        try:
            yield Conversations(database)
        finally:
            database.close()


def until(condition: Callable[[], Any]) -> Any:
    """What a condition gives, once it gives something. Errors: AssertionError after a minute."""
    waiting = threading.Event()
    for _ in range(12_000):
        if found := condition():
            return found
        waiting.wait(0.005)
    raise AssertionError("it did not happen within a minute")
