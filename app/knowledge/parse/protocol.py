"""What the knowledge worker and its parser process say to each other. Raise ``VERSION`` with any change."""

from __future__ import annotations

import msgspec

from app.core.child import Protocol
from app.knowledge.parse.values import ParsedFile
from app.knowledge.protocol import PageImage

VERSION = 1


class Parse(msgspec.Struct, tag=True, frozen=True):
    """Read a file. Answer: :class:`Parsed`."""

    path: str


class Render(msgspec.Struct, tag=True, frozen=True):
    """Draw a page of a PDF and mark a span of its text. Answer: :class:`Rendered`."""

    path: str
    page_number: int
    width_px: int
    start: int
    end: int


Request = Parse | Render


class Parsed(msgspec.Struct, tag=True, frozen=True):
    """What was in the file."""

    file: ParsedFile


class Rendered(msgspec.Struct, tag=True, frozen=True):
    """The page."""

    image: PageImage


Reply = Parsed | Rendered

PROTOCOL: Protocol[Request, Reply] = Protocol("parser", VERSION, Request, Reply)
