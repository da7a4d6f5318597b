"""A model card made readable without a browser: its HTML becomes Markdown or goes away, its pictures go away.

Cards are their authors' words and not to be trusted; what is left is rendered as Markdown that loads nothing
(:mod:`app.ui.chat.render`). Each pattern stops at the next sign of its kind, so that hostile text costs no more than
long text.
"""

from __future__ import annotations

import re

from app.models.hub.card import without_comments

LONGEST = 20_000
"""Characters that are shown; what comes later are tables of benchmarks, which the hub's page shows better."""
MOST_CODE = 40
"""Pieces of code that are shown: each is a widget, and hundreds of them would hold up the window."""

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
_HIDDEN = re.compile(r"<(style|script|svg)\b[^<>]{0,500}>.{0,5000}?</\1>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<br\b[^<>]{0,100}>", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,500}>([^<]{0,500})</h\1>", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]{0,500}?href=[\"']([^\"'<>]{1,500})[\"'][^<>]{0,500}>([^<]{0,300})</a>", re.IGNORECASE)
_STRONG = re.compile(r"<(?:b|strong)>([^<>]{1,500})</(?:b|strong)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
_PICTURE = re.compile(r"!\[([^\[\]]{0,300})\]\([^()\s]{0,1000}(?:\s[^()]{0,200})?\)")
_PICTURE_LINK = re.compile(r"\[\s*\]\([^()\s]{0,1000}\)")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def card_text(markdown: str) -> tuple[str, bool]:
    """The card as Markdown without HTML and pictures, and whether its end was cut off."""
    cut = len(markdown) > LONGEST
    text = without_comments(markdown[:LONGEST])
    pieces: list[str] = []
    prose: list[str] = []
    fenced, fences = False, 0
    for line in text.splitlines(keepends=True):
        if _FENCE.match(line):
            if not fenced:
                fences += 1
                if fences > MOST_CODE:
                    cut = True
                    break
                pieces.append(_plain("".join(prose)))
                prose = []
            fenced = not fenced
            pieces.append(line)
        elif fenced:
            pieces.append(line)
        else:
            prose.append(line)
    pieces.append(_plain("".join(prose)))
    return _EMPTY_LINES.sub("\n\n", "".join(pieces)).strip(), cut


def _plain(text: str) -> str:
    text = _HIDDEN.sub("", text)
    text = _PICTURE.sub("", text)
    text = _PICTURE_LINK.sub("", text)
    text = _BREAK.sub("\n", text)
    text = _HEADING.sub(lambda found: f"\n{'#' * int(found[1])} {found[2].strip()}\n", text)
    text = _STRONG.sub(r"**\1**", text)
    text = _LINK.sub(lambda found: f"[{found[2].strip()}]({found[1]})" if found[2].strip() else "", text)
    lines = _TAG.sub("", text).splitlines()
    # What a tag indented is no code: four spaces would make it so.
    return "\n".join(line.lstrip() if line.startswith("    ") and "<" in text else line for line in lines) + "\n"
