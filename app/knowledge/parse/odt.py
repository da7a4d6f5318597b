"""OpenDocument text: headings, paragraphs, lists and tables in the order of the document."""

from __future__ import annotations

import zipfile
from xml.etree import ElementTree

from app.knowledge.parse.archive import damaged, protected, safe_zip
from app.knowledge.parse.builder import TextBuilder, one_line, table_row
from app.knowledge.parse.values import ParsedFile

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_LEFT_OUT = frozenset({_TEXT + "tracked-changes", _OFFICE + "annotation", _TEXT + "sequence-decls"})


def parse(data: bytes) -> ParsedFile:
    """Parse an .odt. Errors: :class:`DocumentError` when it is damaged or protected."""
    with safe_zip(data) as archive:
        try:
            if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise protected()
            body = ElementTree.fromstring(archive.read("content.xml")).find(f"{_OFFICE}body/{_OFFICE}text")
            meta = ElementTree.fromstring(archive.read("meta.xml")) if "meta.xml" in archive.namelist() else None
        except (KeyError, ElementTree.ParseError, zipfile.BadZipFile) as error:
            raise damaged() from error
    builder = TextBuilder()
    if body is not None:
        _read(body, builder, depth=0)
    title = meta.find(f".//{_TITLE}") if meta is not None else None
    return builder.build((title.text or "") if title is not None else "")


def _read(container: ElementTree.Element, builder: TextBuilder, depth: int) -> None:
    for element in container:
        tag = element.tag
        if tag == _TEXT + "h":
            level = element.get(_TEXT + "outline-level", "1")
            builder.add("heading", one_line(_words(element)), min(int(level), 6) if level.isdigit() else 1)
        elif tag == _TEXT + "p" and depth:
            words = one_line(_words(element))
            builder.add("list", "  " * (min(depth, 8) - 1) + "- " + words if words else "")
        elif tag == _TEXT + "p":
            builder.add("paragraph", _words(element))
        elif tag == _TEXT + "list":
            _read(element, builder, depth + 1)
            if not depth:
                builder.end_group()
        elif tag == _TABLE + "table":
            builder.end_group()
            for row in element.iter(_TABLE + "table-row"):
                builder.add("table", table_row([_words(cell) for cell in row.iter(_TABLE + "table-cell")]))
            builder.end_group()
        elif tag not in _LEFT_OUT:
            _read(element, builder, depth)


def _words(element: ElementTree.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == _TEXT + "s":
            parts.append(" ")
        elif child.tag == _TEXT + "tab":
            parts.append("\t")
        elif child.tag == _TEXT + "line-break":
            parts.append("\n")
        elif child.tag not in _LEFT_OUT:
            parts.append(_words(child) + (" " if child.tag == _TEXT + "p" else ""))
        parts.append(child.tail or "")
    return "".join(parts)
