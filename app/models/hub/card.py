"""A model's README, made fit to be shown: its front matter cut off, its length bounded. It stays Markdown."""

from __future__ import annotations

import re

MAX_CARD_BYTES = 256 * 1024
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)


def card_text(data: bytes) -> str:
    """The Markdown of a README's bytes, at most ``MAX_CARD_BYTES`` of it."""
    cut = len(data) > MAX_CARD_BYTES
    text = data[:MAX_CARD_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
    text = without_comments(_FRONT_MATTER.sub("", text, count=1)).strip()
    return text + "\n\n…" if cut else text


def without_comments(text: str) -> str:
    """HTML comments go, up to one that is not closed. Each character is looked at once, whatever the text."""
    pieces: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        pieces.append(text[at:begin])
        at = end + 3
    return "".join((*pieces, text[at:]))
