"""PDF: text by page through pdfium, headings by size and weight, and the page image with a span marked on it."""

from __future__ import annotations

import ctypes
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from app.core.errors import DocumentError, Skipped
from app.knowledge.parse.builder import BETWEEN_BLOCKS, one_line
from app.knowledge.parse.pdf_layout import NEIGHBOURS, PageBlock, PageText, edges, lay_out, without_furniture
from app.knowledge.parse.pdf_lines import Line, char_box, read_lines
from app.knowledge.parse.values import Block, BlockKind, PageSpan, ParsedFile
from app.knowledge.protocol import PageImage, Rect

_PRODUCT_TITLES = re.compile(r"^Microsoft \w+ - |\.(?:docx?|tex|dvi|indd|qxd|pages|odt)$", re.I)
_LEADERS = re.compile(r"(?:[.…] ?){4,}")
_MOST_PIXELS = 40_000_000


def parse(data: bytes) -> ParsedFile:
    """Parse a PDF. Errors: :class:`DocumentError` when it is protected or damaged, :class:`Skipped` without text."""
    with _opened(data) as document:
        by_page = [_lines_of(document, index) for index in range(len(document))]
        laid_out = [lay_out(_clean(by_page, index)) for index in range(len(by_page))]
        if not any(page.text.strip() for page in laid_out):
            raise Skipped(
                "This PDF has no text (scanned pages).",
                "Satchel does not read images yet.",
                "A program with text recognition (OCR) can add a text layer to it.",
            )
        named = _PRODUCT_TITLES.sub("", one_line(document.get_metadata_dict().get("Title", "")))
        return _assemble(laid_out, named)


def render(data: bytes, page_number: int, width_px: int, start: int, end: int) -> PageImage:
    """Page ``page_number`` (from 1) as an image, with the characters ``start..end`` of its parsed text marked.

    Errors: as :func:`parse`; a page that is not there is a :class:`DocumentError`.
    """
    with _opened(data) as document:
        if not 1 <= page_number <= len(document):
            raise DocumentError(f"This PDF has no page {page_number} any more.", "", "Look for changes again.")
        index = page_number - 1
        first = max(0, index - NEIGHBOURS)
        near = [_lines_of(document, other) for other in range(first, min(len(document), index + NEIGHBOURS + 1))]
        text = lay_out(_clean(near, index - first))
        page = document[index]
        width, height = page.get_size()
        scale = min(width_px / width, (_MOST_PIXELS / (width * height)) ** 0.5)
        image = page.render(scale=scale).to_pil().convert("RGB")
        png = io.BytesIO()
        image.save(png, "PNG", compress_level=1)
        marks = _marks(page, text.raw[max(0, start) : end], image.width, image.height)
        return PageImage(png.getvalue(), image.width, image.height, marks)


@contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise DocumentError(
                "This PDF is protected with a password.", "", "Save a copy without the password and add that."
            ) from error
        raise DocumentError(
            "This PDF could not be read.",
            "It is damaged or incomplete.",
            "Open it in its own program and save it again.",
        ) from error
    try:
        yield document
    finally:
        document.close()


def _lines_of(document: pypdfium2.PdfDocument, index: int) -> list[Line]:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return []  # a broken page among good ones
    textpage = page.get_textpage()
    try:
        return read_lines(textpage, page.get_rotation())
    finally:
        textpage.close()
        page.close()


def _clean(by_page: Sequence[list[Line]], index: int) -> list[Line]:
    others = [n for n in range(index - NEIGHBOURS, index + NEIGHBOURS + 1) if n != index and 0 <= n < len(by_page)]
    return without_furniture(by_page[index], [edges(by_page[n]) for n in others])


def _assemble(laid_out: Sequence[PageText], title: str) -> ParsedFile:
    sizes: Counter[float] = Counter()
    bold = total = 0
    for page in laid_out:
        for block in page.blocks:
            length = block.end - block.start
            sizes[_rounded(block.size)] += length
            total += length
            bold += length if block.bold else 0
    body = sizes.most_common(1)[0][0]
    bold_means_heading = bold < 0.3 * total
    larger = sorted({size for size in sizes if size > body * 1.1}, reverse=True)

    parts: list[str] = []
    pages: list[PageSpan] = []
    blocks: list[Block] = []
    at = 0
    for number, page in enumerate(laid_out, start=1):
        joinable = bool(page.blocks) and bool(blocks) and blocks[-1].end == at
        runs_on = joinable and _runs_on(parts[-1], blocks[-1], page, body)
        if parts:
            between = " " if runs_on else BETWEEN_BLOCKS
            parts.append(between)
            at += len(between)
        contents_only = _is_contents_page(page)
        for index, block in enumerate(page.blocks):
            text = page.text[block.start : block.end]
            kind, level = _kind(text, block, body, larger, bold_means_heading)
            is_page_number = text.isdigit() and len(text) <= 4 and index in (0, len(page.blocks) - 1)
            if contents_only or is_page_number or _is_contents(text):
                continue
            if index == 0 and runs_on:
                blocks[-1] = Block(blocks[-1].kind, blocks[-1].start, at + block.end)
            elif kind == "list" and blocks and blocks[-1].kind == "list" and index > 0:
                blocks[-1] = Block("list", blocks[-1].start, at + block.end)
            else:
                blocks.append(Block(kind, at + block.start, at + block.end, level))
        pages.append(PageSpan(number, at, at + len(page.text)))
        parts.append(page.text)
        at += len(page.text)
    text = "".join(parts)
    return ParsedFile(text, tuple(blocks), tuple(pages), title or _first_heading(text, blocks, pages))


def _is_contents(text: str) -> bool:
    """Whether this is a table of contents: it names every subject and says nothing of any, so it is no block."""
    return len(text) - len(_LEADERS.sub("", text)) > 0.25 * len(text)


def _is_contents_page(page: PageText) -> bool:
    """Whether most of a page is a table of contents or an index: its headings ("A", "B") are no blocks either."""
    listed = sum(b.end - b.start for b in page.blocks if _is_contents(page.text[b.start : b.end]))
    return listed > 0.5 * len(page.text)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _kind(
    text: str, block: PageBlock, body: float, larger: Sequence[float], bold_means_heading: bool
) -> tuple[BlockKind, int]:
    if block.table:
        return "table", 0
    if block.mono:
        return "code", 0
    short = len(text) <= 150 and any(c.isalpha() for c in text) and text[-1] not in ".,;"
    if short and (not block.bullet or block.size > body * 1.1):
        if _rounded(block.size) in larger:
            return "heading", min(larger.index(_rounded(block.size)) + 1, 5)
        if block.bold and bold_means_heading and len(text) <= 100 and _rounded(block.size) >= body:
            return "heading", min(len(larger) + 1, 6)
    return ("list", 0) if block.bullet else ("paragraph", 0)


def _runs_on(before: str, last: Block, page: PageText, body: float) -> bool:
    """Whether a paragraph goes on from the page before: it had not ended, and the new page begins in small letters."""
    first = page.blocks[0]
    begins = page.text[first.start : first.start + 1].islower()
    tail = before.rstrip()[-1:]
    return (
        last.kind in ("paragraph", "list")
        and begins
        and not first.mono
        and tail not in tuple(".!?:;…”\"')")
        and _rounded(first.size) <= body * 1.1
    )


def _first_heading(text: str, blocks: Sequence[Block], pages: Sequence[PageSpan]) -> str:
    """The highest heading of the first page that has text, where it has one."""
    first_page = next((page for page in pages if page.end > page.start), pages[0])
    found = [b for b in blocks if b.kind == "heading" and b.start < first_page.end]
    best = min(found, key=lambda block: block.level, default=None)
    return one_line(text[best.start : best.end]) if best is not None else ""


def _marks(page: Any, raw_indices: Sequence[int], width: int, height: int) -> list[Rect]:
    """Boxes of characters, merged along each line, in pixels from the top left."""
    textpage = page.get_textpage()
    merged: list[list[float]] = []
    for index in raw_indices:
        box = char_box(textpage, index) if index >= 0 else (0.0, 0.0, 0.0, 0.0)
        if box[2] <= box[0] or box[3] <= box[1]:
            continue
        x0, y0 = _to_pixels(page, width, height, box[0], box[3])
        x1, y1 = _to_pixels(page, width, height, box[2], box[1])
        left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        if merged:
            last = merged[-1]
            shared = min(bottom, last[3]) - max(top, last[1])
            close = left - last[2] < 3 * (bottom - top) and right > last[0] - (bottom - top)
            if shared > 0.5 * min(bottom - top, last[3] - last[1]) and close:
                last[:] = min(left, last[0]), min(top, last[1]), max(right, last[2]), max(bottom, last[3])
                continue
        merged.append([left, top, right, bottom])
    textpage.close()
    return [Rect(left, top, right - left, bottom - top) for left, top, right, bottom in merged]


def _to_pixels(page: Any, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    """From points to pixels, with the page's rotation and crop box."""
    left, top = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, ctypes.byref(left), ctypes.byref(top))
    return left.value, top.value
