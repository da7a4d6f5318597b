"""The connections that fetch one file: each takes the next missing piece, and what fails is taken by the next one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.core.errors import OfflineError, SatchelError
from app.core.network import Network
from app.models.download.address import Address
from app.models.download.journal import RANGE_BYTES
from app.models.download.outcomes import (
    AddressRefused,
    AnotherFile,
    LooksChanged,
    NoRanges,
    TryLater,
    check_answer,
    passing,
)
from app.models.download.pace import LaneChoice
from app.models.download.partial import Closed, PartialFile, Piece
from app.models.download.patience import Patience, Timing
from app.models.download.sink import PieceSink, WholeSink

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

_TICK_S = 0.2
_MOST_HOPS = 5
_TRICKLE_BYTES_PER_S = 512
"""A connection that brings less is hung up."""


class Lanes:
    """Fetches the missing bytes of a partial file. Used once.

    The threads may sit in a call to a server that does not answer: nobody waits for them. They end by themselves once
    the file is closed, and what they still receive is not written.
    """

    def __init__(
        self, network: Network, client: httpx2.Client, address: Address, file: PartialFile, timing: Timing
    ) -> None:
        self._network = network
        self._client = client
        self._address = address
        self._file = file
        self._timing = timing
        self._choice = LaneChoice()
        self._lock = threading.Lock()
        self._alive: set[int] = set()
        self._failure: BaseException | None = None
        self._etags: set[str] = set()
        self._ended = threading.Event()
        self.patience = Patience(timing)
        self.whole = False
        """The server knows no ranges: after an interruption it begins anew."""

    def run(self, tick: Callable[[], None]) -> None:
        """Return when the file is complete. ``tick`` is called a few times a second and may raise to end it.

        Errors: what a lane could not get over, :class:`TryLater` when patience is over.
        """
        while not self._file.complete:
            if self._failure is not None:
                raise self._failure
            tick()
            if self.patience.over:
                raise TryLater(self.patience.why or "Nothing arrived any more.")
            self._choice.note(time.monotonic(), self._file.done_bytes, self._file.size)
            self._start_missing()
            self._ended.wait(_TICK_S)
            self._ended.clear()

    @property
    def count(self) -> int:
        """Connections wanted now."""
        return 1 if self.whole else self._choice.count

    def _start_missing(self) -> None:
        with self._lock:
            for number in range(self.count):
                if number not in self._alive:
                    self._alive.add(number)
                    name = f"download {number + 1}"
                    threading.Thread(target=self._lane, args=(number,), name=name, daemon=True).start()

    def _lane(self, number: int) -> None:
        try:
            while number < self.count and not self._file.complete and self._failure is None:
                if self._network.offline:
                    self.patience.forgive()
                if self._network.offline or self.patience.wait_s:
                    self._file.sleep(min(_TICK_S, self.patience.wait_s or _TICK_S))
                    continue
                piece = self._file.claim(RANGE_BYTES // self.count, _TICK_S)
                if piece is not None:
                    try:
                        self._try(piece)
                    finally:
                        self._file.release(piece)
        except Closed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by `run`, on its thread
            self._failure = self._failure or error
        finally:
            with self._lock:
                self._alive.discard(number)
            self._ended.set()

    def _try(self, piece: Piece) -> None:
        place = self._address.place
        try:
            try:
                self._fetch(piece)
            except AddressRefused as refusal:
                log.info("the address of %s was refused with %d", self._file.path, refusal.status)
                self._address.renew(place, refusal.status)
            except LooksChanged as failure:
                self._address.confirm(place.number)
                self._failed(failure)
        except OfflineError:
            self.patience.forgive()
        except SatchelError as error:
            self._failed(passing(error))
        except TryLater as failure:
            self._failed(failure)

    def _failed(self, failure: TryLater) -> None:
        log.info("%s: %s", self._file.path, failure.why)
        if failure.wait_s is not None:
            self._choice.ease(time.monotonic())
        self.patience.failed(failure)

    def _fetch(self, piece: Piece) -> None:
        place = self._address.place
        asked = {"range": f"bytes={piece.at}-{piece.end - 1}", "accept-encoding": "identity"}
        for _ in range(_MOST_HOPS):
            with self._client.stream("GET", place.url, headers={**place.headers, **asked}) as response:
                if response.has_redirect_location:
                    place = place.redirected(response.headers["location"])
                    continue
                sink: PieceSink | WholeSink = PieceSink(self._file, piece, self.patience.arrived)
                try:
                    check_answer(response.status_code, response.headers, piece.at, piece.end, self._file.size)
                except NoRanges:
                    self.whole = True
                    self._file.release(piece)
                    sink = WholeSink(self._file, self.patience.arrived)
                self._check_etag(response.headers.get("etag", ""), place.number)
                self._address.works(place)
                self._receive(response, sink)
                return
        raise TryLater("The server sends in circles.")

    def _check_etag(self, etag: str, number: int) -> None:
        """Another mark on the body: the hub knows whether the file is another one or only another server sent it."""
        with self._lock:
            first, known = not self._etags, etag in self._etags
            if etag:
                self._etags.add(etag)
        if etag and not first and not known:
            self._address.confirm(number)
            if not self._address.identity.sha256:  # then nothing would tell in the end
                raise AnotherFile

    def _receive(self, response: httpx2.Response, sink: PieceSink | WholeSink) -> None:
        since, there = time.monotonic(), 0
        try:
            for chunk in response.iter_raw():
                sink.take(chunk)
                if sink.full:
                    return
                there += len(chunk)
                now = time.monotonic()
                if now - since > self._timing.stall_s:
                    if there < _TRICKLE_BYTES_PER_S * self._timing.stall_s:
                        raise TryLater("The server sent hardly anything.")
                    since, there = now, 0
        finally:
            sink.close()
        if not sink.full:
            raise TryLater("The connection broke off.")
