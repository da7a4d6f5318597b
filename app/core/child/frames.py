"""What crosses the pipe: frames around the bodies of a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from app.core.error_info import ErrorInfo

BEAT_INTERVAL_S = 1.0

RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")


@dataclass(frozen=True)
class Protocol(Generic[RequestT, ReplyT]):
    """What may cross one pipe: a version and two (unions of) tagged msgspec structs.

    ``replies`` holds everything a child may send: results, streamed items and unasked events.
    """

    name: str
    version: int
    requests: Any
    replies: Any
    process: str = ""
    """What people are told that the child is ("model's process"); empty: its name and "process"."""

    @property
    def process_words(self) -> str:
        """For sentences: "The {process_words} ended unexpectedly."."""
        return self.process or f"{self.name} process"


# Bodies stay raw here, so that this package knows nothing of any protocol.
class HelloFrame(msgspec.Struct, tag="hello", array_like=True):
    """The child's first frame: what it speaks."""

    protocol: str
    version: int


class CallFrame(msgspec.Struct, tag="call", array_like=True):
    """A request."""

    id: int
    body: msgspec.Raw


class CancelFrame(msgspec.Struct, tag="cancel", array_like=True):
    """The caller of this request does not want it any more."""

    id: int


class StopFrame(msgspec.Struct, tag="stop", array_like=True):
    """The child is to end."""


class ItemFrame(msgspec.Struct, tag="item", array_like=True):
    """One item that a request streams."""

    id: int
    body: msgspec.Raw


class ResultFrame(msgspec.Struct, tag="result", array_like=True):
    """The end of a request that succeeded."""

    id: int
    body: msgspec.Raw


class FailureFrame(msgspec.Struct, tag="failure", array_like=True):
    """The end of a request that failed."""

    id: int
    error: ErrorInfo


class EventFrame(msgspec.Struct, tag="event", array_like=True):
    """Something that answers no request."""

    body: msgspec.Raw


class BeatFrame(msgspec.Struct, tag="beat", array_like=True):
    """A sign of life."""


ToChild = CallFrame | CancelFrame | StopFrame
ToParent = HelloFrame | ItemFrame | ResultFrame | FailureFrame | EventFrame | BeatFrame
encoder = msgspec.msgpack.Encoder()
