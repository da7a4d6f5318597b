"""Write small PDFs by hand: text at known places, optionally with a password or without any text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

PAGE_WIDTH, PAGE_HEIGHT = 612, 792
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_FILE_ID = b"0123456789abcdef"
_PERMISSIONS = -4


@dataclass(frozen=True)
class Text:
    """One string on a page: its baseline's start in points from the bottom left. Fonts: Regular, Bold, Mono."""

    x: float
    y: float
    text: str
    size: float = 11.0
    font: str = "Regular"


def write_pdf(
    pages: Sequence[Sequence[Text]], *, title: str = "", password: str = "", landscape: bool = False
) -> bytes:
    """A PDF 1.4 with these texts, Latin-1 only. With ``password`` it opens with that one only (RC4, 40 bit).

    ``landscape``: as printers make it, an upright page that is shown turned by 90 degrees; places are on what is shown.
    """
    key, protection = _protection(password) if password else (b"", b"")
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects: dict[int, tuple[bytes, bytes | None]] = {
        1: (b"<< /Type /Catalog /Pages 2 0 R >>", None),
        2: (f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(), None),
        3: (_font("Helvetica"), None),
        4: (_font("Helvetica-Bold"), None),
        5: (_font("Courier"), None),
        6: (b"<< /Title <" + _rc4_object(key, 6, title.encode("latin-1")).hex().encode() + b"> >>", None),
    }
    for number, texts in enumerate(pages):
        page = 10 + 2 * number
        objects[page] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] /Contents {page + 1} 0 R "
            f"/Rotate {90 if landscape else 0} "
            "/Resources << /Font << /Regular 3 0 R /Bold 4 0 R /Mono 5 0 R >> >> >>".encode(),
            None,
        )
        stream = _rc4_object(key, page + 1, "\n".join(_draw(text, landscape) for text in texts).encode("latin-1"))
        objects[page + 1] = (f"<< /Length {len(stream)} >>".encode(), stream)
    if protection:
        objects[7] = (protection, None)
    return _assemble(objects, encrypted=bool(protection))


def lines(*texts: str, top: float = 720.0, left: float = 72.0, leading: float = 14.0) -> list[Text]:
    """Lines below each other; "# " begins a large bold one, an empty string leaves a gap."""
    found = []
    for index, text in enumerate(texts):
        y = top - index * leading
        if text.startswith("# "):
            found.append(Text(left, y, text[2:], 18.0, "Bold"))
        elif text:
            found.append(Text(left, y, text))
    return found


def _font(name: str) -> bytes:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()


def _draw(text: Text, landscape: bool) -> str:
    escaped = text.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    matrix = f"0 1 -1 0 {PAGE_WIDTH - text.y} {text.x}" if landscape else f"1 0 0 1 {text.x} {text.y}"
    return f"BT /{text.font} {text.size} Tf {matrix} Tm ({escaped}) Tj ET"


def _assemble(objects: dict[int, tuple[bytes, bytes | None]], *, encrypted: bool) -> bytes:
    data = bytearray(b"%PDF-1.4\n")
    places: dict[int, int] = {}
    for number, (body, stream) in sorted(objects.items()):
        places[number] = len(data)
        data += b"%d 0 obj\n%s\n" % (number, body)
        if stream is not None:
            data += b"stream\n" + stream + b"\nendstream\n"
        data += b"endobj\n"
    table = len(data)
    data += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    identity = _FILE_ID.hex().encode()
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R /ID [<%s> <%s>]" % (max(places) + 1, identity, identity)
    data += (b" /Encrypt 7 0 R" if encrypted else b"") + b" >>\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(data)


def _protection(password: str) -> tuple[bytes, bytes]:
    """The key and the /Encrypt dictionary of the standard handler, revision 2 (PDF reference 1.4, 3.5.2)."""
    padded = (password.encode("latin-1") + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions = _PERMISSIONS.to_bytes(4, "little", signed=True)
    key = hashlib.md5(padded + owner + permissions + _FILE_ID).digest()[:5]
    user = _rc4(key, _PADDING)
    dictionary = f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{user.hex()}> /P {_PERMISSIONS} >>"
    return key, dictionary.encode()


def _rc4_object(key: bytes, number: int, data: bytes) -> bytes:
    if not key:
        return data
    return _rc4(hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data)


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
