"""E-books, OpenDocument, presentations, notebooks and mail: small files with the parts that real ones have."""

import io
import json
import zipfile

import pytest

from app.core.errors import DocumentError
from app.knowledge.parse import ParsedFile
from app.knowledge.parse.reader import parse_bytes
from tests.helpers.parsed import outline


def zipped(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return file.getvalue()


DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
    "OEBPS/book.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><metadata {DC}><dc:title>Kettles</dc:title>'
    '</metadata><manifest><item id="b" href="two%20.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
    '<spine><itemref idref="nav"/><itemref idref="a"/><itemref idref="b"/></spine></package>',
    "OEBPS/one.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
    "OEBPS/two .xhtml": "<html><body><h1>Two</h1><p>Second.</p></body></html>",
    "OEBPS/nav.xhtml": "<html><body><p>Contents</p></body></html>",
}


def test_a_book_in_its_reading_order() -> None:
    parsed = parse_bytes(zipped(BOOK), "book.epub")
    assert parsed.title == "Kettles"
    assert outline(parsed) == [
        ("heading1", "One"),
        ("paragraph", "First."),
        ("heading1", "Two"),
        ("paragraph", "Second."),
    ]


def test_a_book_that_may_not_be_read() -> None:
    with pytest.raises(DocumentError, match="copy-protected"):
        parse_bytes(zipped(BOOK | {"META-INF/rights.xml": "<x/>"}), "book.epub")


ODT_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
)
ODT = {
    "mimetype": "application/vnd.oasis.opendocument.text",
    "META-INF/manifest.xml": "<manifest/>",
    "meta.xml": f"<office:document-meta {ODT_NAMES} {DC}><dc:title>Rules</dc:title></office:document-meta>",
    "content.xml": f"<office:document-content {ODT_NAMES}><office:body><office:text>"
    '<text:h text:outline-level="2">Kitchen</text:h><text:p>Clean<text:s/><text:span>up</text:span>.</text:p>'
    "<text:list><text:list-item><text:p>pans</text:p><text:list><text:list-item><text:p>small</text:p>"
    "</text:list-item></text:list></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell><text:p>Day</text:p></table:table-cell>"
    "<table:table-cell><text:p>Who</text:p></table:table-cell></table:table-row></table:table>"
    "</office:text></office:body></office:document-content>",
}


def test_opendocument_text() -> None:
    parsed = parse_bytes(zipped(ODT), "rules.odt")
    assert parsed.title == "Rules"
    assert outline(parsed) == [
        ("heading2", "Kitchen"),
        ("paragraph", "Clean up."),
        ("list", "- pans\n  - small"),
        ("table", "Day | Who"),
    ]


def test_opendocument_text_with_a_password() -> None:
    with pytest.raises(DocumentError, match="password"):
        parse_bytes(zipped(ODT | {"META-INF/manifest.xml": "<encryption-data/>"}), "rules.odt")


NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def shape(kind: str, *paragraphs: str) -> str:
    words = "".join(f"<a:p><a:r><a:t>{p}</a:t></a:r></a:p>" for p in paragraphs)
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
    return f"<p:sp>{place}<p:txBody>{words}</p:txBody></p:sp>"


def slide(*shapes: str) -> str:
    return f"<p:sld {NAMES}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def relations(**targets: str) -> str:
    each = (
        f'<Relationship Id="{i}" Type="{RELATION}/{t.split("|")[0]}" Target="{t.split("|")[1]}"/>'
        for i, t in targets.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{"".join(each)}</Relationships>'


SHOW = {
    "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>"
    '<p:sldId r:id="x"/><p:sldId r:id="y"/><p:sldId r:id="z"/></p:sldIdLst></p:presentation>',
    "ppt/_rels/presentation.xml.rels": relations(
        x="slide|slides/slide2.xml", y="slide|slides/slide3.xml", z="slide|/ppt/slides/slide1.xml"
    ),
    "ppt/slides/slide1.xml": slide(
        shape("title", "Last"),
        "<a:tbl><a:tr><a:tc><a:t>Day</a:t></a:tc><a:tc><a:t>Who</a:t></a:tc></a:tr></a:tbl>",
    ),
    "ppt/slides/slide2.xml": slide(shape("ctrTitle", "First"), shape("body", "one", "two"), shape("sldNum", "7")),
    "ppt/slides/_rels/slide2.xml.rels": relations(n="notesSlide|../notesSlides/notes1.xml"),
    "ppt/slides/slide3.xml": slide(),
    "ppt/notesSlides/notes1.xml": slide(shape("body", "Say hello.")),
}


def test_slides_are_pages() -> None:
    parsed = parse_bytes(zipped(SHOW), "show.pptx")
    assert outline(parsed) == [
        ("heading1", "First"),
        ("list", "- one\n- two"),
        ("paragraph", "Say hello."),
        ("heading1", "Last"),
        ("table", "Day | Who"),
    ]
    assert [parsed.text[page.start : page.end] for page in parsed.pages] == [
        "First\n\n- one\n- two\n\nSay hello.",
        "",
        "Last\n\nDay | Who",
    ]


def test_a_notebook() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Plot\n", "\n", "Some *words*."]},
        {"cell_type": "code", "source": "x = 1\n\ny = 2", "outputs": [{"text": "never"}]},
    ]
    parsed = parse_bytes(json.dumps({"cells": cells, "nbformat": 4}).encode(), "a.ipynb")
    assert outline(parsed) == [("heading1", "# Plot"), ("paragraph", "Some *words*."), ("code", "x = 1\n\ny = 2")]


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"cells": 3}', b"[" * 100_000])
def test_a_notebook_that_is_none(data: bytes) -> None:
    with pytest.raises(DocumentError, match="damaged"):
        parse_bytes(data, "a.ipynb")


def mail(body: str) -> ParsedFile:
    head = "From: Ada <ada@example.org>\nTo: Bob\nSubject: =?utf-8?q?Caf=C3=A9?= at\n four\nMIME-Version: 1.0\n"
    return parse_bytes((head + body).encode("latin-1"), "a.eml")


def test_mail() -> None:
    parsed = mail("Content-Type: text/plain; charset=latin-1\nContent-Transfer-Encoding: 8bit\n\nSee you, José.\n")
    assert parsed.title == "Café at four"
    assert outline(parsed) == [
        ("heading1", "Café at four"),
        ("list", "From: Ada <ada@example.org>\nTo: Bob"),
        ("paragraph", "See you, José."),
    ]


def test_mail_in_html_with_an_attachment() -> None:
    parsed = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>See <b>you</b>.</p>\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\nnever\n--b--\n"
    )
    assert outline(parsed)[-1] == ("paragraph", "See you.")
