"""From a path to a :class:`ParsedFile`: read, find out what it is, and let the right parser at it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.core.errors import DocumentError, SatchelError, Skipped
from app.knowledge.parse.files import MAX_FILE_BYTES, read_file
from app.knowledge.parse.sniff import Format, sniff
from app.knowledge.parse.values import ParsedFile

MAX_TEXT_CHARS = 20_000_000

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def parse_file(path: Path, max_bytes: int = MAX_FILE_BYTES, max_chars: int = MAX_TEXT_CHARS) -> ParsedFile:
    """The text and structure of any file.

    Errors: :class:`Skipped`, :class:`FileVanished`, :class:`FileChanged`, and :class:`DocumentError` for all that goes
    wrong; parsers of damaged files fail in any way they like, and that is no bug of ours.
    """
    data = read_file(path, max_bytes)
    parsed = parse_bytes(data, path.name)
    if len(parsed.text) > max_chars:
        raise DocumentError(
            f"This file holds too much text ({len(parsed.text) / 1e6:,.0f} million characters).",
            f"Satchel takes up to {max_chars / 1e6:,.0f} million from one file.",
            "Split it if you need what it says.",
        )
    if not parsed.text.strip():
        raise Skipped("This file has no text in it.")
    return parsed


def parse_bytes(data: bytes, name: str) -> ParsedFile:
    """As :func:`parse_file`, for bytes that were read already. ``name`` is the file's name."""
    parse = _parser(sniff(data, name))
    try:
        parsed = parse(data)
    except (SatchelError, MemoryError):
        raise
    except Exception as error:
        raise DocumentError(
            "This file could not be read.",
            f"It seems to be damaged ({type(error).__name__}: {str(error)[:200]}).",
            "Open it in its own program and save it again.",
        ) from error
    # One code point for one, so that every span stays right.
    return replace(parsed, text=_UNSTORABLE.sub("\ufffd", parsed.text), title=_UNSTORABLE.sub("\ufffd", parsed.title))


def _parser(kind: Format) -> Callable[[bytes], ParsedFile]:
    """Imported when first needed: a folder of text files never loads a PDF library."""
    parse: Callable[[bytes], ParsedFile] = importlib.import_module(f"app.knowledge.parse.{kind}").parse
    return parse
