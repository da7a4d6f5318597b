"""Where a file's bytes are now: the hub is asked once, redirects are followed once, and again when they are refused."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from app.core.errors import HubError
from app.models.download.outcomes import AnotherFile, TryLater
from app.models.download.partial import Identity
from app.models.download.values import Source
from app.models.hub.access import origin
from app.models.hub.values import HubFile

_REFUSALS = 3
"""In a row, each of a new address, until the server is believed."""


@dataclass(frozen=True)
class Place:
    """A URL with the headers for exactly it. ``number``: of the hub's answer that it comes from."""

    url: str
    headers: Mapping[str, str]
    number: int

    def redirected(self, location: str) -> Place:
        """Where a redirect leads. The headers may hold a token: they stay with the server they are for.

        Errors: :class:`TryLater` when it leads nowhere.
        """
        try:
            url = urljoin(self.url, location)
            scheme, host, _ = there = origin(url)
        except ValueError:
            scheme, host, there = "", "", None
        if scheme not in ("http", "https") or not host:
            raise TryLater("The server sends to an address that is none.")
        return Place(url, self.headers if there == origin(self.url) else {}, self.number)


class Address:
    """One file's address; the constructor asks the hub. Safe from any thread; never written to the disk.

    Errors, also of :meth:`renew`: NetworkError, HubError.
    """

    def __init__(self, source: Source, file: HubFile, part: int) -> None:
        self._source = source
        self._file = file
        self._path = file.paths[part]
        self._listed = Identity(file.sizes[part], file.sha256s[part], "", file.revision)
        self._lock = threading.Lock()
        self._refused = 0
        self._number = 0
        self.place, self.identity = self._resolve()

    def renew(self, refused: Place, status: int) -> None:
        """A place was refused: ask the hub again, unless another thread just did.

        Errors: :class:`AnotherFile`; :class:`HubError` when new addresses are refused, too.
        """
        with self._lock:
            if refused.number != self._number:
                return
            self._refused += 1
            if self._refused > _REFUSALS:
                raise HubError(
                    f"The server does not give out {self._path}.",
                    f"It answered {self._refused} times with {status}, also at new addresses.",
                    "Try again later.",
                )
            self._ask_again()

    def confirm(self, number: int) -> None:
        """What is sent looks different: ask the hub whether the file is still the one that it was.

        Errors: :class:`AnotherFile`.
        """
        with self._lock:
            if number == self._number:
                self._ask_again()

    def works(self, place: Place) -> None:
        """Bytes came from this place: later requests go there at once."""
        with self._lock:
            self._refused = 0
            if place.number == self._number:
                self.place = place

    def _ask_again(self) -> None:
        place, identity = self._resolve()
        if not identity.same_content(self.identity):
            raise AnotherFile
        self.place = place

    def _resolve(self) -> tuple[Place, Identity]:
        found = self._source.resolve(self._file.repo_id, self._file.revision, self._path)
        self._number += 1
        identity = Identity(
            found.size or self._listed.size, found.sha256 or self._listed.sha256, found.etag, found.revision
        )
        return Place(found.url, dict(found.headers), self._number), identity
