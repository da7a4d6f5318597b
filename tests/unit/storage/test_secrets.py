"""Secrets: in a keyring where there is one, else in a file of the person's own, and never in two places."""

from __future__ import annotations

import logging
import os
import stat

import pytest
from keyring.errors import KeyringLocked, PasswordDeleteError

from app.core.paths import Home
from app.storage.secrets import Secrets, system_keyring


class DesktopKeyring:
    """What a desktop's keyring does. ``locked``: the person did not unlock it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._unlock()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._unlock()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._unlock()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("Not found")

    def _unlock(self) -> None:
        if self.locked:
            raise KeyringLocked("No")


def test_with_a_keyring_nothing_is_in_a_file(home: Home) -> None:
    keyring = DesktopKeyring()
    secrets = Secrets(home, lambda: keyring)
    secrets.set("token", "hf_secret")
    assert secrets.get("token") == "hf_secret"
    assert secrets.place("token") == "in the system's keyring"
    assert list(keyring.kept.values()) == ["hf_secret"]
    assert not (home.root / "secrets.toml").exists()
    assert Secrets(Home(home.root / "other"), lambda: keyring).get("token") == ""
    secrets.delete("token")
    secrets.delete("token")
    assert secrets.get("token") == "" and not keyring.kept


def test_without_a_keyring_only_the_person_can_read_the_file(home: Home) -> None:
    secrets = Secrets(home, lambda: None)
    secrets.set("token", "hf_secret")
    secrets.set("other", 'with "quotes"\nand lines')
    assert Secrets(home, lambda: None).get("token") == "hf_secret"
    assert Secrets(home, lambda: None).get("other") == 'with "quotes"\nand lines'
    assert "only you can read" in secrets.place("token")
    if os.name == "posix":
        assert stat.S_IMODE((home.root / "secrets.toml").stat().st_mode) == 0o600
    secrets.delete("token")
    secrets.delete("other")
    assert not (home.root / "secrets.toml").exists()


def test_a_locked_keyring_is_no_reason_to_lose_it(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    keyring = DesktopKeyring()
    keyring.locked = True
    secrets = Secrets(home, lambda: keyring)
    with caplog.at_level(logging.DEBUG):
        secrets.set("token", "hf_secret")
        assert secrets.get("token") == "hf_secret"
    assert "only you can read" in secrets.place("token")
    assert "hf_secret" not in caplog.text
    keyring.locked = False
    secrets.set("token", "hf_newer")
    assert secrets.place("token") == "in the system's keyring"
    assert not (home.root / "secrets.toml").exists()
    keyring.locked = True
    assert secrets.get("token") == ""


def test_a_damaged_file_is_as_good_as_none(home: Home) -> None:
    (home.root / "secrets.toml").write_bytes(b"token = \xff\xfe [[")
    secrets = Secrets(home, lambda: None)
    assert secrets.get("token") == ""
    secrets.set("token", "hf_secret")
    assert secrets.get("token") == "hf_secret"


def test_a_backend_that_keeps_nothing_is_no_keyring() -> None:
    import keyring
    from keyring.backends import fail, null

    before = keyring.get_keyring()
    try:
        for backend in (fail.Keyring(), null.Keyring()):
            keyring.set_keyring(backend)
            assert system_keyring() is None
    finally:
        keyring.set_keyring(before)
