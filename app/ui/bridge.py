"""The only way from other threads into the window's thread, and the only way to run work outside it.

Events of the services and results of background work go into one queue, drained in the window's thread at frame rate.
Streams are gathered on the way: text of the same message is joined, and of several states of the same thing only the
last is delivered, so the window's work does not grow with the model's speed.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.core.errors import SatchelError
from app.core.jobs import CancelToken, Progress

if TYPE_CHECKING:  # the window is painted before events and what they hold are needed
    from app.services.events import Event

log = logging.getLogger(__name__)

T = TypeVar("T")

FRAME_MS = 16


class Bridge(QObject):
    """See the module. Make it in the window's thread; ``publish`` and ``run`` may be called from any thread."""

    happened = Signal(object)
    """Every service event, in order, in the window's thread."""
    failed = Signal(object)
    """A SatchelError of background work that nobody else handles."""

    _wake = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._queue: list[Event | Callable[[], None]] = []
        self._awake = False
        self._closed = False
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="background")
        self._timer = QTimer(self, singleShot=True, interval=FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)

    def publish(self, event: Event) -> None:
        """Deliver an event to the window; this is the services' ``Publish``."""
        with self._lock:
            if self._closed:
                return
            joined = _join(self._queue[-1], event) if self._queue else None
            if joined is not None:
                self._queue[-1] = joined
            else:
                self._queue.append(event)
            self._ask_to_wake()

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[SatchelError], None] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Do ``work`` on a background thread, then ``then`` or ``failed`` in the window's thread.

        Without ``failed``, an error goes to the signal of that name. Any other exception is a bug: it is raised again
        in the window's thread, where the crash handler is. What comes after ``owner`` was deleted (a dialog that was
        closed meanwhile) is dropped. After :meth:`close` nothing is done.
        """
        with self._lock:
            if not self._closed:
                self._pool.submit(self._work, work, then, failed or self.failed.emit, owner)

    def job(
        self,
        work: Callable[[Callable[[Progress], None], CancelToken], T],
        show: Callable[[Progress], None],
        then: Callable[[T], None] | None = None,
        failed: Callable[[SatchelError], None] | None = None,
        owner: QObject | None = None,
    ) -> CancelToken:
        """Like :meth:`run`, for work that takes long: ``show`` gets how far it is, and it can be cancelled.

        ``work`` gets where it reports its progress, of which the window sees the latest, and the token that is returned
        here. A cancelled one ends with :class:`Cancelled`, which ``failed`` gets, too.
        """
        cancel, latest = CancelToken(), list[Progress]()

        def report(progress: Progress) -> None:
            with self._lock:
                on_its_way = bool(latest)
                latest[:] = [progress]
            if not on_its_way:
                self._post(deliver, owner)

        def deliver() -> None:
            with self._lock:
                newest = latest.pop()
            show(newest)

        self.run(lambda: work(report, cancel), then, failed, owner)
        return cancel

    def close(self) -> None:
        """Let no new work start; what runs is not waited for, and nothing more is delivered."""
        with self._lock:
            self._closed = True
            self._queue.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None,
        failed: Callable[[SatchelError], None],
        owner: QObject | None,
    ) -> None:
        try:
            result = work()
        except SatchelError as error:
            known = error
            self._post(lambda: failed(known), owner)
        except BaseException:  # noqa: BLE001 - a bug: it belongs to the crash handler
            info = sys.exc_info()
            self._post(lambda: sys.excepthook(*info))
        else:
            if then is not None:
                self._post(lambda: then(result), owner)

    def _post(self, action: Callable[[], None], owner: QObject | None = None) -> None:
        def deliver() -> None:
            if owner is None or shiboken6.isValid(owner):
                action()

        with self._lock:
            if self._closed:
                return
            self._queue.append(deliver)
            self._ask_to_wake()

    def _ask_to_wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._wake.emit()

    def _drain(self) -> None:
        with self._lock:
            queue, self._queue = self._queue, []
            self._awake = False
        for entry in queue:
            try:
                if callable(entry):
                    entry()
                else:
                    self.happened.emit(entry)
            except Exception:  # noqa: BLE001 - a bug of one receiver must not cost the others what is meant for them
                sys.excepthook(*sys.exc_info())


def _join(last: Event | Callable[[], None], new: Event) -> Event | None:
    """One event that says what both say, or None if they cannot be joined."""
    from app.services.events import CollectionsChanged, DownloadsChanged, ModelStateChanged, PromptRead, TextArrived

    match last, new:
        case TextArrived(), TextArrived() if last.message_id == new.message_id:
            return TextArrived(last.conversation_id, last.message_id, last.text + new.text)
        case (
            (CollectionsChanged(), CollectionsChanged())
            | (ModelStateChanged(), ModelStateChanged())
            | (DownloadsChanged(), DownloadsChanged())
        ):
            return new
        case PromptRead(), PromptRead() if last.message_id == new.message_id:
            return new
        case _:
            return None
