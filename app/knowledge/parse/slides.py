"""Presentations (.pptx): each slide a page, its title a heading, with tables and the speaker's notes."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from app.knowledge.parse.archive import damaged, safe_zip
from app.knowledge.parse.builder import TextBuilder, one_line, table_row
from app.knowledge.parse.values import ParsedFile

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_TITLES = ("title", "ctrTitle")
_LEFT_OUT = ("sldNum", "dt", "ftr", "hdr", "sldImg")


def parse(data: bytes) -> ParsedFile:
    """Parse a .pptx. Errors: :class:`DocumentError` when it is damaged or a zip bomb."""
    builder = TextBuilder()
    with safe_zip(data) as archive:
        try:
            names = set(archive.namelist())
            for slide in _slides(archive):
                builder.begin_page()
                _read(archive, slide, builder)
                for notes in _related(archive, slide, "/notesSlide"):
                    if notes in names:
                        _read(archive, notes, builder)
            core = ElementTree.fromstring(archive.read("docProps/core.xml")) if "docProps/core.xml" in names else None
        except (KeyError, ElementTree.ParseError, zipfile.BadZipFile) as error:
            raise damaged() from error
    title = core.find(f".//{_TITLE}") if core is not None else None
    return builder.build((title.text or "") if title is not None else "")


def _slides(archive: zipfile.ZipFile) -> Iterator[str]:
    """The slides' names in the archive, in the order of the show."""
    targets = _relations(archive, "ppt/presentation.xml")
    root = ElementTree.fromstring(archive.read("ppt/presentation.xml"))
    for slide in root.iter(_P + "sldId"):
        yield targets[slide.attrib[_REL + "id"]][1]


def _related(archive: zipfile.ZipFile, name: str, kind: str) -> list[str]:
    return [target for its_kind, target in _relations(archive, name).values() if its_kind.endswith(kind)]


def _relations(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Type and target of each relation of a part, by id."""
    folder, base = posixpath.split(name)
    place = f"{folder}/_rels/{base}.rels"
    if place not in archive.namelist():
        return {}
    found = {}
    for relation in ElementTree.fromstring(archive.read(place)).iter(_PACKAGE + "Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        found[relation.get("Id", "")] = (relation.get("Type", ""), target)
    return found


def _read(archive: zipfile.ZipFile, name: str, builder: TextBuilder) -> None:
    for shape in ElementTree.fromstring(archive.read(name)).iter():
        if shape.tag == _P + "sp":
            place = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
            kind = place.get("type", "body") if place is not None else ""
            paragraphs = [_words(paragraph) for paragraph in shape.iter(_A + "p")]
            if kind in _TITLES:
                builder.add("heading", one_line(" ".join(paragraphs)), 1)
            elif kind not in _LEFT_OUT:
                is_list = kind == "body" and len([p for p in paragraphs if p.strip()]) > 1
                for words in paragraphs:
                    builder.add(
                        "list" if is_list else "paragraph", f"- {words}" if is_list and words.strip() else words
                    )
                builder.end_group()
        elif shape.tag == _A + "tbl":
            builder.end_group()
            for row in shape.iter(_A + "tr"):
                builder.add("table", table_row([_words(cell) for cell in row.iter(_A + "tc")]))
            builder.end_group()


def _words(element: ElementTree.Element) -> str:
    parts = []
    for node in element.iter():
        if node.tag == _A + "t":
            parts.append(node.text or "")
        elif node.tag == _A + "br":
            parts.append(" ")
    return "".join(parts)
