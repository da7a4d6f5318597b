import io
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import DocumentError, Skipped
from app.knowledge.parse.reader import parse_bytes, parse_file
from app.knowledge.parse.sniff import sniff
from tests.helpers.parsed import assert_sound
from tests.helpers.pdf import lines, write_pdf


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


def a_docx() -> bytes:
    file = io.BytesIO()
    docx.Document().save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (write_pdf([lines("x")]), "report.txt", "pdf"),
        (a_docx(), "letter", "docx"),
        (b"<!-- saved --><!DOCTYPE html><p>x", "page", "html"),
        (b"<p>x", "page.html", "html"),
        (b"# x", "README.md", "markdown"),
        (b"<html>", "example.md", "markdown"),
        (b"a,b", "t.csv", "sheet"),
        (b"x = 1", "t.PY", "source"),
        (b"all:", "Makefile", "source"),
        (b"#!/bin/sh\n", "run", "source"),
        (b"words", "notes", "plain"),
        (b"words", "notes.xyz", "plain"),
    ],
)
def test_what_it_is(data: bytes, name: str, kind: str) -> None:
    assert sniff(data, name) == kind


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"GGUF\3\0\0\0", "m.txt", "model file"),
        (b"\x89PNG\r\n", "m", "picture"),
        (b"\0\0\0\x20ftypisom", "m.pdf", "video"),
        (zipped("a.txt"), "m.txt", "archive"),
        (zipped("xl/workbook.xml"), "m.xlsx", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "m.doc", "old office program"),
        (b"<svg/>", "m.svg", "picture"),
    ],
)
def test_what_holds_no_document_is_skipped_by_its_name(data: bytes, name: str, words: str) -> None:
    with pytest.raises(Skipped, match=words):
        sniff(data, name)


def test_a_word_file_with_a_password() -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(DocumentError, match="protected with a password"):
        sniff(container, "letter.docx")


def test_a_pdf_that_is_none() -> None:
    with pytest.raises(DocumentError, match=r"called \.pdf but is none"):
        parse_bytes(b"<error/>", "report.pdf")


def test_unknown_binary() -> None:
    with pytest.raises(Skipped, match="binary"):
        parse_bytes(bytes(range(256)) * 4, "thing.dat")


def test_nothing_but_white_space(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\t\n")
    with pytest.raises(Skipped, match="no text in it"):
        parse_file(tmp_path / "a.txt")


def test_too_much_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("word " * 600_000)
    with pytest.raises(DocumentError, match=r"too much text \(3 million characters\).*up to 2 million"):
        parse_file(tmp_path / "a.txt", max_chars=2_000_000)


def test_text_that_no_database_takes_is_replaced_one_for_one() -> None:
    parsed = parse_bytes("\ufeffa\0b\ud800c\nmore".encode("utf-16-le", errors="surrogatepass"), "a.txt")
    assert parsed.text == "a\ufffdb\ufffdc\nmore"


PDF = write_pdf([lines("# Title", "", "Some words that stand here.")])
DOCX = a_docx()


@given(
    st.sampled_from([PDF, DOCX]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    st.floats(0.2, 1),
)
def test_damaged_files_are_errors_in_words(whole: bytes, changes: list[tuple[float, int]], kept: float) -> None:
    data = bytearray(whole)
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        assert_sound(parse_bytes(bytes(data[: int(kept * len(data))]), "file"))
    except DocumentError as error:
        assert error.what.endswith(".")
