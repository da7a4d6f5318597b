import io
import zipfile

import docx
import pytest

from app.core.errors import DocumentError
from app.knowledge.parse import archive
from app.knowledge.parse import docx as parser
from tests.helpers.parsed import outline


def saved(document: object) -> bytes:
    file = io.BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


def test_everything_in_the_order_of_the_document() -> None:
    document = docx.Document()
    document.core_properties.title = "House rules"
    document.add_heading("Rules", 0)
    document.add_heading("Kitchen", 2)
    document.add_paragraph("Clean\tup.")
    document.add_paragraph("pans", style="List Bullet")
    document.add_paragraph("pots", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ["Day", "Who", "Monday", "Ada"], strict=True):
        cell.text = text
    document.add_paragraph("The end.")
    parsed = parser.parse(saved(document))
    assert parsed.title == "House rules"
    assert outline(parsed) == [
        ("heading1", "Rules"),
        ("heading2", "Kitchen"),
        ("paragraph", "Clean\tup."),
        ("list", "- pans\n- pots"),
        ("table", "Day | Who\nMonday | Ada"),
        ("paragraph", "The end."),
    ]


def test_damaged() -> None:
    with pytest.raises(DocumentError, match="could not be read"):
        parser.parse(b"PK\3\4 and then nothing")


def test_a_bomb_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", b" " * (archive._RATIO_MATTERS_BYTES + 1))
    assert len(file.getvalue()) < 100_000
    with pytest.raises(DocumentError, match=r"would unpack to 40.0 MB"):
        parser.parse(file.getvalue())


def test_a_protected_archive() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("word/document.xml", b"x")
    data = bytearray(file.getvalue())
    directory = data.index(b"PK\1\2")
    data[directory + 8] |= 1  # the flag that says "encrypted"
    with pytest.raises(DocumentError, match="password"):
        parser.parse(bytes(data))
