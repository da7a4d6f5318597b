"""Parse in a process of its own, which may hang, crash or eat memory without harm to anyone.

Files are parsed one after another, in the background; pages are drawn by a second process at normal priority, so that a
source opens at once while a large file is being indexed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TypeVar

from app.core.child import ChildProcess
from app.core.errors import Cancelled, DocumentError, WorkerDied, WorkerError, WorkerHung
from app.core.jobs import CancelToken
from app.knowledge.parse import worker
from app.knowledge.parse.files import MAX_FILE_BYTES
from app.knowledge.parse.protocol import PROTOCOL, Parse, Parsed, Render, Rendered, Reply, Request
from app.knowledge.parse.values import ParsedFile
from app.knowledge.protocol import PageImage

log = logging.getLogger(__name__)

_CANCEL_LOOK_S = 0.05
_ResultT = TypeVar("_ResultT")


class ParserProcess:
    """Parses files and draws pages. Started with the first call; a file that its children die of twice has failed.

    ``time_limit_s`` is wall time per file, ``memory_bytes`` what the process may grow by (not enforced on macOS and
    Windows). Safe to use from any thread.
    """

    def __init__(
        self,
        *,
        time_limit_s: float = 60.0,
        memory_bytes: int = 2_000_000_000,
        max_file_bytes: int = MAX_FILE_BYTES,
        entry: Callable[..., None] = worker.run,
    ) -> None:
        args = (memory_bytes, int(time_limit_s) + 10, max_file_bytes)
        self._memory_bytes = memory_bytes
        self._parsing = _Reader(entry, (*args, True), time_limit_s)
        self._drawing = _Reader(entry, args, time_limit_s)

    @property
    def pid(self) -> int | None:
        """The process id of the parser while it runs."""
        return self._parsing.child.pid

    def parse(self, path: Path, cancel: CancelToken | None = None) -> ParsedFile:
        """The text, blocks and pages of any file.

        Errors: :class:`DocumentError` with words for the person; of it :class:`Skipped` (left out on purpose),
        :class:`FileVanished` and :class:`FileChanged` (try again). :class:`Cancelled`. :class:`WorkerError` only if no
        parser process comes up at all, which is not the file's fault.
        """
        reply = self._parsing.ask(Parse(str(path)), cancel or CancelToken())
        return _expect(reply, Parsed).file

    def render_page(
        self, path: Path, page_number: int, width_px: int, start: int, end: int, cancel: CancelToken | None = None
    ) -> PageImage:
        """Page ``page_number`` (from 1) of a PDF as PNG, ``width_px`` wide, with a span of its text marked.

        ``start`` and ``end`` count from the beginning of that page's text (``PageSpan.start``); an empty span marks
        nothing. Errors: as :meth:`parse`.
        """
        request = Render(str(path), page_number, width_px, start, end)
        return _expect(self._drawing.ask(request, cancel or CancelToken()), Rendered).image

    def close(self) -> None:
        """End both processes for good; a parse under way, or asked for later, ends with :class:`Cancelled`."""
        for reader in (self._parsing, self._drawing):
            reader.closed = True
            reader.child.close(grace_s=0.5)


def _expect(reply: Reply, kind: type[_ResultT]) -> _ResultT:
    if not isinstance(reply, kind):
        raise WorkerError(
            f"The {PROTOCOL.process_words} gave another answer than was asked for.",
            f"It gave {type(reply).__name__} where {kind.__name__} was expected.",
        )
    return reply


class _Reader:
    """One child and one request at a time, with a deadline."""

    def __init__(self, entry: Callable[..., None], args: tuple[int, ...], time_limit_s: float) -> None:
        # Native parsers hold Python's lock, and its beats with it, for as long as they run: the deadline here decides.
        self.child: ChildProcess[Request, Reply] = ChildProcess(
            PROTOCOL, entry, args, hang_timeout_s=time_limit_s + 10.0
        )
        self.closed = False
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()

    def ask(self, request: Request, cancel: CancelToken) -> Reply:
        with self._lock:
            cancel.check()
            if self.closed:
                raise Cancelled
            self._start(cancel)
            try:
                return self._once(request, cancel)
            except WorkerDied:
                # It may have been the system, short of memory: only a second end is the file's fault.
                log.warning("the parser ended; the file is read once more", exc_info=True)
            self._start(cancel)
            try:
                return self._once(request, cancel)
            except WorkerDied as error:
                raise DocumentError(
                    "This file could not be read.",
                    f"The process that read it ended: {error.why[0].lower()}{error.why[1:]}",
                    "It may be damaged. Open it in its own program and save it again.",
                ) from error

    def _start(self, cancel: CancelToken) -> None:
        """A start is not on the file's clock, and its failure, a :class:`WorkerError`, not the file's fault."""
        cancel.check()
        try:
            self.child.start()
        except WorkerDied as error:
            if self.closed:
                raise Cancelled from error
            raise WorkerError(error.what, error.why, error.next_step) from error

    def _once(self, request: Request, cancel: CancelToken) -> Reply:
        """Error: :class:`WorkerDied`, when the process ended by itself."""
        future = self.child.call(request).future
        self._wait(future, cancel)
        try:
            return future.result(0)
        except WorkerHung as error:
            raise self._too_slow() from error
        except WorkerDied as error:
            if not error.why or self.closed:  # closed on purpose
                raise Cancelled from error
            raise
        except WorkerError as error:
            raise DocumentError("This file could not be read.", error.why, error.next_step) from error

    def _wait(self, future: Future[Reply], cancel: CancelToken) -> None:
        deadline = time.monotonic() + self._time_limit_s
        while not future.done():
            wait([future], _CANCEL_LOOK_S)
            if future.done():
                return
            if cancel.cancelled:
                self.child.close(grace_s=0.0)
                raise Cancelled
            if time.monotonic() > deadline:
                self.child.close(grace_s=0.0)
                raise self._too_slow()

    def _too_slow(self) -> DocumentError:
        return DocumentError(
            f"This file took longer than {self._time_limit_s:.0f} s to read.",
            "It may be damaged, or made to do harm.",
            "Open it in its own program and save it again.",
        )
