"""Secrets, such as an access token: in the system's keyring, else in a file that only its owner can read.

No secret is logged, shown or put into an error. The keyring is asked each time; it is the one that may say no.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import tomlkit
from tomlkit.exceptions import TOMLKitError

from app.core.disk import write_trouble
from app.core.errors import StorageError
from app.core.files import atomic_write
from app.core.paths import Home

log = logging.getLogger(__name__)

_SERVICE = "satchel"


class Keyring(Protocol):
    """What is used of a keyring; methods may raise whatever they like."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget it; an error when there is none."""
        ...


def system_keyring() -> Keyring | None:
    """The desktop's keyring; None where there is none that is safe."""
    import keyring

    backend = keyring.get_keyring()
    # Those below 1 are not recommended by their own authors: plain files, or nothing at all.
    return backend if backend.priority >= 1 else None


class Secrets:
    """Texts by name, of one home. Safe from any thread; may wait for the keyring, which may ask the person."""

    def __init__(self, home: Home, find_keyring: Callable[[], Keyring | None] = system_keyring) -> None:
        self._file = home.root / "secrets.toml"
        self._owner = str(home.root)
        self._find_keyring = find_keyring
        self._lock = threading.Lock()

    def get(self, name: str) -> str:
        """The secret; empty when there is none, or its keyring is locked."""
        with self._lock:
            kept = self._read().get(name, "")
            if kept:
                return kept
            keyring = self._keyring()
            try:
                return (keyring.get_password(_SERVICE, self._user(name)) or "") if keyring is not None else ""
            except Exception as error:  # noqa: BLE001 - backends raise what they like
                log.warning("the keyring does not answer: %s", type(error).__name__)
                return ""

    def set(self, name: str, value: str) -> None:
        """Keep it, in one place only. Errors: :class:`StorageError` when neither place takes it."""
        with self._lock:
            keyring = self._keyring()
            if keyring is not None:
                try:
                    keyring.set_password(_SERVICE, self._user(name), value)
                    self._write_without(name)
                    return
                except StorageError:
                    raise
                except Exception as error:  # noqa: BLE001
                    log.warning("the keyring does not take it: %s", type(error).__name__)
            self._write(self._read() | {name: value})

    def delete(self, name: str) -> None:
        """Forget it, wherever it is."""
        with self._lock:
            self._write_without(name)
            keyring = self._keyring()
            if keyring is not None:
                try:
                    keyring.delete_password(_SERVICE, self._user(name))
                except Exception as error:  # noqa: BLE001 - also raised when there is none
                    log.info("the keyring had nothing to forget: %s", type(error).__name__)

    def place(self, name: str) -> str:
        """Where it is kept, to follow "It is kept"; where it would be when there is none."""
        with self._lock:
            if name not in self._read() and self._keyring() is not None:
                return "in the system's keyring"
        return "in a file only you can read, because no keyring answers"

    def _user(self, name: str) -> str:
        return f"{name} ({self._owner})"  # each home has its own: a copy on a stick, a test

    def _keyring(self) -> Keyring | None:
        try:
            return self._find_keyring()
        except Exception as error:  # noqa: BLE001
            log.warning("there is no keyring: %s", type(error).__name__)
            return None

    def _read(self) -> dict[str, str]:
        try:
            document = tomlkit.parse(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            log.warning("the file of secrets cannot be read: %s", type(error).__name__)
            return {}
        return {key: str(value) for key, value in document.unwrap().items() if isinstance(value, str)}

    def _write_without(self, name: str) -> None:
        kept = self._read()
        if name in kept:
            self._write({key: value for key, value in kept.items() if key != name})

    def _write(self, kept: dict[str, str]) -> None:
        try:
            if not kept:
                self._file.unlink(missing_ok=True)
                return
            Path(self._file.parent).mkdir(parents=True, exist_ok=True)
            with atomic_write(self._file) as file:  # made by mkstemp: 0600 from its first byte on
                file.write(tomlkit.dumps(kept).encode())
        except OSError as error:
            raise write_trouble("The secret could not be kept.", self._file, error) from error
