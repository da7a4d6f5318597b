"""What can become of a request for bytes, and what each answer of a server means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.core.errors import HubError, NetworkError, SatchelError
from app.models.hub.refusals import PASSING, retry_after_s


class TryLater(Exception):
    """It failed in a way that often passes. ``why``: a sentence; ``wait_s``: as long as the server asks for."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait_s = wait_s


class AddressRefused(Exception):
    """The address does not lead to the file (any more): the hub is to be asked again."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LooksChanged(TryLater):
    """What is sent does not look like the file: the hub is to be asked whether it was changed."""


class AnotherFile(Exception):
    """The file was changed: what is here of it is worth nothing."""


class NoRanges(Exception):
    """The server sends the whole file whatever part of it is asked for."""


def passing(error: SatchelError) -> TryLater:
    """An error of the network's or the hub's as one that passes; raises those that do not."""
    if isinstance(error, HubError) and error.reason != "busy":
        raise error
    wait = error.retry_after_s if isinstance(error, HubError) else None
    if isinstance(error, NetworkError | HubError):
        return TryLater(error.what if isinstance(error, HubError) else f"{error.what} {error.why}".strip(), wait)
    raise error


def check_answer(status: int, headers: Mapping[str, str], start: int, end: int, size: int) -> None:
    """Whether a body has exactly the bytes ``start`` up to ``end`` of a file of ``size`` bytes; else raises.

    Errors: :class:`TryLater`, :class:`LooksChanged`, :class:`AddressRefused`, :class:`NoRanges`.
    """
    if status == 206:
        _check_range(headers, start, end, size)
    elif status == 200:
        _check_whole(headers, size)
    elif status == 416:
        raise LooksChanged("The server says that the file is shorter than the hub says.")
    elif status in PASSING or status >= 500:
        wait = retry_after_s(headers)
        asks = (
            "The server asked for a pause." if status == 429 or wait is not None else f"The server failed ({status})."
        )
        raise TryLater(asks, wait)
    else:
        raise AddressRefused(status)
    if headers.get("content-encoding", "identity") != "identity":
        raise TryLater("The server sent the file compressed although it was asked not to.")


def _check_range(headers: Mapping[str, str], start: int, end: int, size: int) -> None:
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", headers.get("content-range", ""))
    if found is None:
        raise TryLater("The server did not say which part of the file it sent.")
    if found[3] not in ("*", str(size)):
        raise LooksChanged("The server sent a file of another length.")
    if (int(found[1]), int(found[2])) != (start, end - 1):
        raise TryLater("The server sent another part of the file than was asked for.")
    if headers.get("content-length", str(end - start)) != str(end - start):
        raise TryLater("The server announced another length than was asked for.")


def _check_whole(headers: Mapping[str, str], size: int) -> None:
    if headers.get("content-type", "").startswith(("text/html", "application/xhtml")):
        raise TryLater("A web page came instead of the file, perhaps the login page of this network.")
    if headers.get("content-length", str(size)) != str(size):
        raise LooksChanged("The server sent a file of another length.")
    raise NoRanges
