"""What services tell whoever listens (the window, the command line). Published on any thread, in order per source."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.chat.sources import Evidence
from app.chat.transcript import Message, RunFigures
from app.hardware.pressure_level import PressureLevel
from app.inference.protocol import Loaded
from app.knowledge.protocol import CollectionInfo
from app.models.download.values import Download
from app.models.library_values import HashProgress
from app.models.model import LibraryModel
from app.models.sizing import Layout

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConversationsChanged:
    """The list of conversations, a title or an attachment is another now."""


@dataclass(frozen=True)
class MessageAdded:
    """A message was committed at the end of the path (the question, then the reply while it is still empty)."""

    message: Message


@dataclass(frozen=True)
class EvidenceFound:
    """The documents' own sentences for a reply, before the model has said a word."""

    conversation_id: int
    message_id: int
    evidence: Evidence


ReplyPhase = Literal["searching", "waiting", "loading", "reading", "writing", "checking"]
"""``waiting``: for another conversation's reply to end; ``reading``: the model reads the prompt."""


@dataclass(frozen=True)
class ReplyStep:
    """What a reply is waiting for now."""

    conversation_id: int
    message_id: int
    phase: ReplyPhase


@dataclass(frozen=True)
class PromptRead:
    """How much of the prompt the model has read: tokens."""

    conversation_id: int
    message_id: int
    done: int
    total: int


@dataclass(frozen=True)
class TextArrived:
    """More of a reply's text."""

    conversation_id: int
    message_id: int
    text: str


@dataclass(frozen=True)
class MessageFinished:
    """A reply is complete (or stopped, cut, failed, interrupted), checked against its sources and saved."""

    message: Message


ModelPhase = Literal["none", "loading", "ready", "failed"]


@dataclass(frozen=True)
class ModelState:
    """The chat model now. ``fraction`` and ``step`` while loading; ``problem`` in sentences when failed."""

    phase: ModelPhase = "none"
    model: LibraryModel | None = None
    loaded: Loaded | None = None
    fraction: float = 0.0
    step: str = ""
    problem: str = ""
    crashed: bool = False
    """Failed because its process ended: that is told by a notice and by the reply, and the next question mends it."""
    last_figures: RunFigures | None = None
    layout: Layout | None = None
    """What the loaded model takes, in the parts that its verdict named."""


@dataclass(frozen=True)
class ModelStateChanged:
    """The chat model's state is another now."""

    state: ModelState


@dataclass(frozen=True)
class LibraryChanged:
    """A model was added, removed, renamed, or something else that is kept of it is another now."""


@dataclass(frozen=True)
class HashingChanged:
    """How far the hashing of model files is; None when nothing waits any more."""

    progress: HashProgress | None


@dataclass(frozen=True)
class CollectionsChanged:
    """Collections as they are now (progress included)."""

    infos: tuple[CollectionInfo, ...]


@dataclass(frozen=True)
class ConnectionsChanged:
    """The list of requests, or the offline switch, is another now. At most a few times a second."""


@dataclass(frozen=True)
class DownloadsChanged:
    """Downloads as they are now, in their order (progress included). At most a few times a second."""

    downloads: tuple[Download, ...]


@dataclass(frozen=True)
class NoticeRaised:
    """Something the person should see, outside any call: a worker died, a database was restored."""

    what: str
    why: str = ""
    next_step: str = ""
    severity: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True)
class MemoryPressure:
    """Memory runs short, or is free again, while a model is loaded. ``sentence``: who takes what, and what to do."""

    level: PressureLevel
    sentence: str


Event = (
    ConversationsChanged
    | MessageAdded
    | EvidenceFound
    | ReplyStep
    | PromptRead
    | TextArrived
    | MessageFinished
    | ModelStateChanged
    | LibraryChanged
    | HashingChanged
    | CollectionsChanged
    | ConnectionsChanged
    | DownloadsChanged
    | MemoryPressure
    | NoticeRaised
)

Publish = Callable[[Event], None]


class EventHub:
    """One publisher, many listeners. A listener's failure is logged and does not reach the publisher."""

    def __init__(self) -> None:
        self._listeners: list[Publish] = []

    def subscribe(self, listener: Publish) -> Callable[[], None]:
        """Add a listener; returns what removes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: Event) -> None:
        """Tell all listeners, on this thread."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - see the class
                _log.exception("a listener failed on %s", type(event).__name__)
