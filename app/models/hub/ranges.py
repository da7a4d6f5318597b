"""The start of a remote file, read front to back in a handful of ranges that are barely larger than what is needed.

A header's length is stated nowhere: it is known when it has been read. But each array states how many texts it has, and
each text takes 8 bytes at least, so while reading there is always a length that the header surely has. Asking for up to
:data:`GENEROSITY` times that never transfers more than so many times the header.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.core.errors import HubError, ModelError, NetworkError, OfflineError
from app.core.network import Network
from app.models.hub.refusals import PASSING, busy
from app.models.hub.values import HubFile, ResolvedUrl

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

FIRST_BYTES = 16 * 1024
"""Of the first range: enough to meet the vocabulary, whose count tells the rest. No real model's header is shorter."""
GENEROSITY = 1.15
MAX_STEP_BYTES = 4 * 2**20
"""Of one range: a damaged header can state any length."""
LONGEST_BYTES = 32 * 2**20
"""Of a header that is read from afar: twice that of the longest, which have 200,000 tokens and 450,000 merges in 13 MB.
A file on a disk may have a longer one."""

_TRIES = 2


def just_enough(have: int, least: int) -> int:
    """How far to read a remote header (:data:`app.models.header_cursor.ReadAhead`)."""
    return FIRST_BYTES if have == 0 else min(int(GENEROSITY * least), have + MAX_STEP_BYTES)


class RangeReader:
    """Reads a part of a hub's file from its first byte on, over one connection; a context manager.

    ``size``: the file's length in bytes; ``received_bytes``: transferred so far. A server that knows no ranges sends
    the whole file: only as much of it is taken as is read. Errors, also of the constructor: :class:`NetworkError`,
    :class:`HubError`, and :class:`ModelError` when it is another file than the hub listed.
    """

    def __init__(
        self, network: Network, resolve: Callable[[str, str, str], ResolvedUrl], file: HubFile, part: int
    ) -> None:
        self._resolve = resolve
        self._place = (file.repo_id, file.revision, file.paths[part])
        self._name = file.paths[part].rpartition("/")[2]
        self._client = network.client(f"Read the header of {self._name}", follow_redirects=True)
        self._at = 0
        self._whole: Iterator[bytes] | None = None
        self._rest = b""
        self._open = ExitStack()
        self._open.enter_context(self._client)
        self.received_bytes = 0
        try:
            self._source = self._resolve(*self._place)
            self.size = file.sizes[part] or self._source.size
            if not self.size or self._source.size not in (0, self.size):
                raise self._another()
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end of the file."""
        size = min(size, self.size - self._at)
        if size <= 0:
            return b""
        size = min(size, LONGEST_BYTES - self._at)
        if size <= 0:
            raise ModelError(
                f"Whether {self._name} fits cannot be told from afar.",
                f"Its header goes on beyond {LONGEST_BYTES // 2**20} MiB, which is more than any known model has.",
                "Choose another file; download this one only if you trust its author.",
            )
        for left in reversed(range(_TRIES)):
            try:
                data = self._from_whole(size) if self._whole is not None else self._range(size)
                self._at += len(data)
                return data
            except OfflineError:
                raise
            except (NetworkError, HubError) as error:
                if not left or self._whole is not None or (isinstance(error, HubError) and error.reason == "busy"):
                    raise
                log.info("a range of %s is asked for again: %s", self._name, error)
                self._source = self._resolve(*self._place)  # a signed address expires
        raise AssertionError("unreachable")

    def _range(self, size: int) -> bytes:
        headers = dict(self._source.headers) | {
            "Range": f"bytes={self._at}-{self._at + size - 1}",
            "Accept-Encoding": "identity",
        }
        with ExitStack() as closing, self._in_words():
            response = closing.enter_context(self._client.stream("GET", self._source.url, headers=headers))
            if response.status_code == 200 and self._at == 0:
                if int(response.headers.get("content-length", self.size)) != self.size:
                    raise self._another_or_page(response)
                self._whole = response.iter_raw()
                self._open.push(closing.pop_all())
                return self._from_whole(size)
            self._check(response)
            return self._take(response.iter_raw(), size)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """What goes wrong between the answers of a server."""
        import httpx2

        try:
            yield
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HubError(
                f"The server does not give out {self._name}.",
                "It sends in circles, or to an address that is none.",
                "Try it later.",
            ) from error

    def _check(self, response: httpx2.Response) -> None:
        status, host = response.status_code, response.url.host
        if status in PASSING:
            raise busy(status, response.headers, host)
        if status == 416:
            raise self._another()
        if status != 206:
            raise HubError(f"{host} does not give out {self._name}.", f"It answered with {status}.", "Try it later.")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
        if found is None or int(found[1]) != self._at or found[2] not in ("*", str(self.size)):
            raise self._another()

    def _from_whole(self, size: int) -> bytes:
        assert self._whole is not None
        return self._take(self._whole, size)

    def _take(self, chunks: Iterator[bytes], size: int) -> bytes:
        """``size`` bytes of a body, or all of a shorter one."""
        taken = bytearray(self._rest)
        for chunk in chunks if len(taken) < size else ():
            self.received_bytes += len(chunk)
            taken += chunk
            # The end of a range is read, too: only then the connection serves the next one.
            if len(taken) > size or (self._whole is not None and len(taken) == size):
                break
        self._rest = bytes(taken[size:]) if self._whole is not None else b""
        return bytes(taken[:size])

    def _another_or_page(self, response: httpx2.Response) -> ModelError:
        if "html" in response.headers.get("content-type", ""):
            return ModelError(
                f"{self._name} cannot be read.",
                f"{response.url.host} sends a web page instead of the file.",
                "Open a web page to see whether the network asks you to sign in first.",
            )
        return self._another()

    def _another(self) -> ModelError:
        return ModelError(
            f"{self._name} is another file than the hub lists.",
            "Its length does not agree.",
            "Open the model's page again; if it stays so, choose another file.",
        )
