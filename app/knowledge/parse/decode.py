"""From bytes to text: UTF-8 first, then what the bytes themselves say, then an informed guess."""

from __future__ import annotations

import codecs
import re

from app.core.errors import Skipped

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 64 * 1024
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b"))
_LINE_ENDS = re.compile(r"\r\n?")


def decode(data: bytes, declared: str = "") -> str:
    """The text of ``data`` with ``\\n`` line ends and without a byte order mark.

    ``declared`` is an encoding that the file names itself. Errors: :class:`Skipped` for what does not look like text.
    """
    return _LINE_ENDS.sub("\n", _decode(data, declared))


def _decode(data: bytes, declared: str) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    wide = _utf16_without_mark(data)
    if wide:
        return data.decode(wide, errors="replace")
    if looks_binary(data):
        raise Skipped("This looks like a binary file.")
    for encoding in ("utf-8", declared):
        try:
            if encoding:
                return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode(_guess(data), errors="replace")


def looks_binary(data: bytes) -> bool:
    """Whether a sample holds NUL bytes or more control characters than any text does."""
    sample = data[:_SAMPLE_BYTES]
    if 0 in sample:
        return True
    return len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) * 0.02


def _utf16_without_mark(data: bytes) -> str:
    """Windows tools write UTF-16 without a mark: then nearly every second byte of Western text is zero."""
    sample = data[:4096]
    pairs = len(sample) // 2
    if pairs < 4 or len(data) % 2:
        return ""
    even, odd = sample[0 : pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    for zeros, others, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros > pairs * 0.7 and others == 0:
            try:
                decoded = sample[: pairs * 2].decode(encoding, errors="strict")
            except UnicodeDecodeError:
                return ""
            return encoding if sum(c.isprintable() or c.isspace() for c in decoded) > pairs * 0.95 else ""
    return ""


def _guess(data: bytes) -> str:
    import charset_normalizer  # slow to import, rarely needed

    # Nearly UTF-8 (one broken byte in a log, a file cut in the middle of a character) is UTF-8.
    sample = data[:_SAMPLE_BYTES]
    wrong = sample.decode("utf-8", errors="replace").count("\ufffd")
    high = sum(byte >= 0x80 for byte in sample)
    if wrong * 20 < high or (high == 0 and wrong == 0):
        return "utf-8"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best is not None else "cp1252"
