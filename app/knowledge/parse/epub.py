"""E-books (EPUB): the chapters in their reading order, each a page of XHTML."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

from app.core.errors import DocumentError
from app.knowledge.parse import html
from app.knowledge.parse.archive import damaged, safe_zip
from app.knowledge.parse.builder import TextBuilder
from app.knowledge.parse.values import ParsedFile

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def parse(data: bytes) -> ParsedFile:
    """Parse an EPUB. Errors: :class:`DocumentError` when it is damaged or copy-protected."""
    with safe_zip(data) as archive:
        if "META-INF/rights.xml" in archive.namelist():
            raise DocumentError("This e-book is copy-protected.", "Its text is encrypted.")
        try:
            root = ElementTree.fromstring(archive.read("META-INF/container.xml"))
            rootfile = root.find(f".//{_CONTAINER}rootfile")
            place = rootfile.attrib["full-path"] if rootfile is not None else ""
            package = ElementTree.fromstring(archive.read(place))
            builder = TextBuilder()
            for chapter in _chapters(archive, package, posixpath.dirname(place)):
                builder.add_all(html.parse(chapter))
        except (KeyError, ElementTree.ParseError, zipfile.BadZipFile) as error:
            raise damaged() from error
    return builder.build(next((e.text or "" for e in package.iter(_TITLE)), ""))


def _chapters(archive: zipfile.ZipFile, package: ElementTree.Element, folder: str) -> Iterator[bytes]:
    items = {item.get("id", ""): item for item in package.iter(_OPF + "item")}
    for reference in package.iter(_OPF + "itemref"):
        item = items.get(reference.get("idref", ""))
        if item is None or reference.get("linear") == "no" or "html" not in item.get("media-type", ""):
            continue
        if item.get("properties", "") == "nav":
            continue
        yield archive.read(posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "")))))
