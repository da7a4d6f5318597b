"""What a file is, by its first bytes rather than by its name: a PDF may be called .txt."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

from app.core.errors import DocumentError, Skipped
from app.knowledge.parse import source
from app.knowledge.parse.archive import protected, safe_zip

Format = Literal[
    "plain", "markdown", "html", "pdf", "docx", "source", "sheet", "slides", "odt", "epub", "notebook", "mail"
]

# First bytes of what is no document, and its name in words.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"GGUF", "a model file (GGUF); add it on the Models page"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"8BPS", "a picture (Photoshop)"),
    (b"\0\0\1\0", "an icon"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\0", "a compressed file (xz)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
    (b"Rar!", "an archive (rar)"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\0asm", "a program (WebAssembly)"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"ID3", "a sound file (MP3)"),
    (b"\xff\xfb", "a sound file (MP3)"),
    (b"fLaC", "a sound file (FLAC)"),
    (b"OggS", "a sound or video file (Ogg)"),
    (b"RIFF", "a sound, video or picture file (RIFF)"),
    (b"\x1aE\xdf\xa3", "a video (Matroska)"),
    (b"PAR1", "a data file (Parquet)"),
    (b"\x89HDF", "a data file (HDF5)"),
    (b"\x93NUMPY", "a data file (NumPy)"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\0\1\0\0\0", "a font"),
    (b"OTTO", "a font"),
    (b"%!PS", "a PostScript file; save it as PDF"),
    (b"{\\rtf", "a rich text file (RTF); save it as .docx or PDF"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (
    ("xl/", "a spreadsheet (.xlsx); save the sheet as .csv"),
    ("content.xml", "an OpenDocument file other than text; save it as PDF or .csv"),
    ("META-INF/MANIFEST.MF", "a program (Java)"),
)
_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx"})
_HTML = frozenset({".html", ".htm", ".xhtml", ".shtml"})
_SHEETS = frozenset({".csv", ".tsv", ".tab"})
_LOOKS_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])",
    re.I | re.S,
)


def sniff(data: bytes, name: str) -> Format:
    """Which parser reads this. Errors: :class:`Skipped` with what it is instead; :class:`DocumentError`."""
    head = data[:4096]
    suffix = PurePath(name).suffix.lower()
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _in_zip(data)
    if head.startswith(_OLE):
        raise _old_office(data)
    what = next((words for magic, words in _MAGIC if head.startswith(magic)), "")
    if not what and head[4:8] == b"ftyp":
        what = "a video or picture (MP4, HEIC)"
    if what:
        raise Skipped(f"This is {what}.")
    return _by_name(head, suffix, PurePath(name).name.lower())


def _by_name(head: bytes, suffix: str, name: str) -> Format:
    if suffix in _MARKDOWN:
        return "markdown"
    if suffix in source.SUFFIXES or name in source.NAMES:
        return "source"
    if suffix == ".ipynb":
        return "notebook"
    if suffix == ".eml":
        return "mail"
    if suffix in _SHEETS:
        return "sheet"
    if suffix in _HTML or _LOOKS_LIKE_HTML.match(head):
        return "html"
    if suffix == ".svg":
        raise Skipped("This is a picture (SVG).")
    if suffix in (".pdf", ".docx", ".pptx", ".odt", ".epub"):
        raise DocumentError(
            f"This file is called {suffix} but is none.",
            "It is damaged, incomplete or something else.",
            "Open it in its own program and save it again.",
        )
    return "source" if head.startswith((b"#!", b"<?xml")) else "plain"


def _in_zip(data: bytes) -> Format:
    with safe_zip(data) as archive:
        names = set(archive.namelist())
        kind = archive.read("mimetype")[:100].strip() if "mimetype" in names else b""
    if "word/document.xml" in names:
        return "docx"
    if "ppt/presentation.xml" in names:
        return "slides"
    if kind.startswith(b"application/vnd.oasis.opendocument.text") and "content.xml" in names:
        return "odt"
    if "META-INF/container.xml" in names and b"opendocument" not in kind:
        return "epub"
    for beginning, words in _ZIPS:
        if any(name.startswith(beginning) for name in names):
            raise Skipped(f"This is {words}.")
    raise Skipped(
        "This is an archive (zip).", "Satchel does not look into archives.", "Unpack it if it holds documents."
    )


def _old_office(data: bytes) -> DocumentError:
    # Office wraps a protected .docx into the old container; names inside it are UTF-16.
    if "EncryptedPackage".encode("utf-16-le") in data:
        return protected()
    return Skipped("This is a file of an old office program (.doc, .xls, .ppt).", "", "Save it as .docx or PDF.")
