"""Where links in a message may lead: to the web, or to a span of a source."""

from __future__ import annotations

from urllib.parse import urlsplit

_CITE = "cite:"
"""Links of this kind are made here only; no text of a model becomes one."""


def is_web_address(address: str) -> bool:
    """Whether a click may open it: http, https, mailto."""
    try:
        return urlsplit(address).scheme.lower() in ("http", "https", "mailto")
    except ValueError:
        return False


def citation_address(passage: int, start: int, end: int) -> str:
    """The link to characters ``start..end`` of a passage's file."""
    return f"{_CITE}{passage}:{start}:{end}"


def citation_of(address: str) -> tuple[int, int, int] | None:
    """Passage number, start and end of such a link; None for any other."""
    if not address.startswith(_CITE):
        return None
    passage, start, end = (int(part) for part in address.removeprefix(_CITE).split(":"))
    return passage, start, end
