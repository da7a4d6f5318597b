"""Names that come from the network, redirects, and the last step of a download."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Cancelled, DiskFull, HubError
from app.models.download.address import Address, Place
from app.models.download.outcomes import AnotherFile
from app.models.download.placing import copy_name, put_in_place
from app.models.download.room import RESERVE_BYTES, Room
from app.models.hub.values import HubFile, ResolvedUrl


def test_a_token_stays_with_the_server_it_is_for() -> None:
    place = Place("https://hub.example/a/resolve/b", {"authorization": "Bearer secret"}, 1)
    assert place.redirected("/elsewhere").headers == place.headers
    assert place.redirected("https://cdn.example/file").headers == {}
    assert place.redirected("http://hub.example/a").headers == {}
    assert place.redirected("//cdn.example/file").url == "https://cdn.example/file"


class Answers:
    """A source that gives these answers in turn."""

    def __init__(self, *sha256s: str) -> None:
        self._sha256s = list(sha256s)

    def resolve(self, repo_id: str, revision: str, path: str) -> ResolvedUrl:
        return ResolvedUrl("https://hub.example/f", (), "etag", 5, self._sha256s.pop(0), revision)


FILE = HubFile("a/b", "main", "f", ("f",), (5,), ("",))


def test_an_address_is_renewed_once_for_all_connections_that_were_refused() -> None:
    address = Address(Answers("aa", "aa"), FILE, 0)
    first = address.place
    address.renew(first, 403)
    second = address.place
    address.renew(first, 403)  # would raise IndexError if it asked again
    assert (first.number, second.number, address.place) == (1, 2, second)


def test_another_hash_is_another_file() -> None:
    address = Address(Answers("aa", "bb"), FILE, 0)
    with pytest.raises(AnotherFile):
        address.renew(address.place, 403)


def test_what_looks_different_is_asked_of_the_hub() -> None:
    Address(Answers("aa", "aa"), FILE, 0).confirm(1)
    with pytest.raises(AnotherFile):
        Address(Answers("aa", "bb"), FILE, 0).confirm(1)


def test_new_addresses_that_are_refused_too_end_it() -> None:
    address = Address(Answers(*["aa"] * 4), FILE, 0)
    for _ in range(3):
        address.renew(address.place, 404)
    with pytest.raises(HubError, match="does not give out f"):
        address.renew(address.place, 404)


class OnAnotherDisk(type(Path())):  # type: ignore[misc]
    """A path whose file cannot be moved, as between disks."""

    def replace(self, target: Any) -> Any:
        """Refuse as the system does."""
        raise OSError(errno.EXDEV, "Invalid cross-device link")


def test_from_another_disk_it_is_copied_and_then_put_in_place(tmp_path: Path) -> None:
    verified, target = OnAnotherDisk(tmp_path / "0.part"), tmp_path / "models" / "model.gguf"
    verified.write_bytes(b"the new one" * 1000)
    target.parent.mkdir()
    target.write_bytes(b"the old one")
    put_in_place(verified, target, lambda: None)

    assert target.read_bytes() == b"the new one" * 1000
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["model.gguf", "models"]


def test_a_copy_that_is_stopped_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    verified, target = OnAnotherDisk(tmp_path / "0.part"), tmp_path / "model.gguf"
    verified.write_bytes(b"the new one")
    target.write_bytes(b"the old one")

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        put_in_place(verified, target, stop)
    assert target.read_bytes() == b"the old one"
    assert verified.exists()
    assert not copy_name(target).exists()


def test_room_that_is_promised_to_another_download_is_not_there(tmp_path: Path) -> None:
    room = Room(lambda folder: RESERVE_BYTES + 1000)
    room.claim(1, tmp_path, 600, "one")
    with pytest.raises(DiskFull, match="promised to other downloads"):
        room.claim(2, tmp_path, 401, "two")
    room.watch(1, tmp_path, 599, "one")
    room.claim(2, tmp_path, 401, "two")
    room.leave(1)
    room.claim(2, tmp_path, 1000, "two")
