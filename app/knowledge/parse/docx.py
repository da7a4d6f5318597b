"""Word documents: paragraphs, headings, lists and tables in the order of the document.

python-docx opens the package and resolves styles; the body is walked here, since its own iteration leaves out content
controls, tracked insertions and text boxes, and is quadratic in a table's cells.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError

from app.knowledge.parse.archive import damaged, safe_zip
from app.knowledge.parse.builder import TextBuilder, table_row
from app.knowledge.parse.values import ParsedFile

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING_STYLE = re.compile(r"heading\s*(\d)|(title)$|(subtitle)$", re.I)
_CONTAINERS = frozenset({_W + "sdt", _W + "sdtContent", _W + "customXml", _W + "ins", _W + "smartTag"})


def parse(data: bytes) -> ParsedFile:
    """Parse a .docx. Errors: :class:`DocumentError` when it is damaged, protected or a zip bomb."""
    with safe_zip(data):
        pass
    try:
        document = docx.Document(io.BytesIO(data))
    except (KeyError, ValueError, PackageNotFoundError, SyntaxError) as error:
        raise damaged() from error
    reader = _Reader(document)
    reader.read(document.element.body)
    return reader.builder.build(document.core_properties.title or "")


class _Reader:
    def __init__(self, document: Any) -> None:
        self.builder = TextBuilder()
        self._styles: dict[str, tuple[int, bool]] = {
            style.style_id: _look_of_style(style) for style in document.styles if style.style_id
        }

    def read(self, body: Any) -> None:
        for element in _blocks_of(body):
            if element.tag == _W + "p":
                self._paragraph(element)
            else:
                self._table(element)

    def _paragraph(self, paragraph: Any) -> None:
        properties = paragraph.find(_W + "pPr")
        level, is_list = self._look(properties)
        text = _text(paragraph)
        if level and text.strip():
            self.builder.add("heading", " ".join(text.split()), level)
        elif is_list:
            depth = properties.find(f"{_W}numPr/{_W}ilvl") if properties is not None else None
            indent = "  " * min(int(depth.get(_W + "val", "0")), 8) if depth is not None else ""
            self.builder.add("list", f"{indent}- {text.strip()}" if text.strip() else "")
        else:
            self.builder.add("paragraph", text)

    def _look(self, properties: Any) -> tuple[int, bool]:
        """Heading level (0: none) and whether it is a list item."""
        if properties is None:
            return 0, False
        style = properties.find(_W + "pStyle")
        level, is_list = self._styles.get(style.get(_W + "val"), (0, False)) if style is not None else (0, False)
        outline = properties.find(_W + "outlineLvl")
        if outline is not None and outline.get(_W + "val", "9") in "01234567":
            level = min(int(outline.get(_W + "val")) + 1, 6)
        number = properties.find(f"{_W}numPr/{_W}numId")
        if number is not None:
            is_list = number.get(_W + "val") != "0"
        return level, is_list

    def _table(self, table: Any) -> None:
        self.builder.end_group()
        for row in table.iter(_W + "tr"):
            cells = [" ".join(_text(p) for p in cell.iter(_W + "p")) for cell in row.iterchildren(_W + "tc")]
            self.builder.add("table", table_row(cells))
        self.builder.end_group()


def _blocks_of(container: Any) -> Iterator[Any]:
    """Paragraphs and tables, with those inside content controls and tracked changes."""
    for child in container:
        if child.tag in (_W + "p", _W + "tbl"):
            yield child
        elif child.tag in _CONTAINERS:
            yield from _blocks_of(child)


def _text(paragraph: Any) -> str:
    """The words of a paragraph: hyperlinks, insertions and text boxes too, deletions and field codes not."""
    parts: list[str] = []
    skipped = {element for old in paragraph.iter(_FALLBACK) for element in old.iter()}
    for element in paragraph.iter():
        if element in skipped:
            continue
        if element.tag == _W + "t":
            parts.append(element.text or "")
        elif element.tag == _W + "tab" and element.getparent().tag == _W + "r":
            parts.append("\t")
        elif element.tag in (_W + "br", _W + "cr"):
            parts.append("\n")
        elif element.tag == _W + "noBreakHyphen":
            parts.append("-")
    return "".join(parts)


def _look_of_style(style: Any) -> tuple[int, bool]:
    """Heading level and list look of a style, from its name and those it is based on."""
    seen = 0
    while style is not None and seen < 10:
        found = _HEADING_STYLE.match(style.name or "")
        if found:
            return (min(int(found[1]), 6) or 1) if found[1] else 1 if found[2] else 2, False
        if (style.name or "").lower().startswith("list"):
            return 0, True
        style = getattr(style, "base_style", None)
        seen += 1
    return 0, False
