import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Skipped
from app.knowledge.parse import plain, source
from app.knowledge.parse.decode import decode
from tests.helpers.parsed import assert_sound, outline

LETTER = "Grüße aus Köln — und zurück, sagt Ärzte-Präsident Öz. Der Ölpreis fällt, die Wärme bleibt für später."


def test_paragraphs_headings_and_lists() -> None:
    text = "THE MANUAL\n\nFirst paragraph,\ntwo lines.\n\n1.2 Setting up\n\n- one\n- two\n\nName\tAge\nAda\t36\n"
    assert outline(plain.parse(text.encode())) == [
        ("heading1", "THE MANUAL"),
        ("paragraph", "First paragraph,\ntwo lines."),
        ("heading2", "1.2 Setting up"),
        ("list", "- one\n- two"),
        ("table", "Name\tAge\nAda\t36"),
    ]


def test_underlined_headings_take_their_level_from_their_order() -> None:
    text = "Title\n=====\nText.\n\nPart\n----\n\nMore.\n\nSecond\n======\nEnd.\n"
    assert outline(plain.parse(text.encode())) == [
        ("heading1", "Title\n====="),
        ("paragraph", "Text."),
        ("heading2", "Part\n----"),
        ("paragraph", "More."),
        ("heading1", "Second\n======"),
        ("paragraph", "End."),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = LETTER if encoding != "utf-16-le" else LETTER + " And this is a longer piece of Western text."
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(("encoding", "text"), [("cp1251", "Привет, мир! Это русский текст о погоде и о книгах. " * 5)])
def test_other_alphabets_without_unicode(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_one_broken_byte_does_not_spoil_the_rest() -> None:
    data = (LETTER * 5).encode() + b"\xff" + (LETTER * 5).encode()
    assert decode(data) == LETTER * 5 + "\ufffd" + LETTER * 5


def test_line_ends_become_one_kind() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("data", [b"abc\0def" * 10, bytes(range(1, 32)) * 20])
def test_binary_files_are_skipped(data: bytes) -> None:
    with pytest.raises(Skipped, match="binary"):
        plain.parse(data)


@given(st.text())
def test_any_text_gives_sound_spans_that_hold_all_of_it(text: str) -> None:
    data = text.encode("utf-8", errors="replace")
    for parser in (plain, source):
        try:
            parsed = parser.parse(data)
        except Skipped:
            continue
        assert_sound(parsed)
        outside, last = "", 0
        for block in parsed.blocks:
            outside += parsed.text[last : block.start]
            last = block.end
        assert not (outside + parsed.text[last:]).strip()


def test_source_code_falls_into_definitions() -> None:
    code = "import os\nimport re\n\n# About f.\ndef f():\n    a = 1\n\n    return a\n\nclass C {\n\n}\n"
    assert outline(source.parse(code.encode())) == [
        ("code", "import os\nimport re"),
        ("code", "# About f.\ndef f():\n    a = 1\n\n    return a"),
        ("code", "class C {\n\n}"),
    ]
