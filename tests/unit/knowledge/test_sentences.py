import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Smith met Mrs. Jones.", "They left."],
        ["It costs 3.5 million, e.g. for J. R. R. Tolkien.", "Cheap!"],
        ["The U.S. Army moved.", "Nobody saw."],
        ["See Fig. 3 and No. 5 on p. 12.", "Then stop."],
        ["He left (at 5 p.m.).", "She stayed."],
        ['"Go!" he said.', "Nobody went."],
        ['He said "Go."', "Nobody went."],
        ["It is known.[2]", "So is this.[13][14]", "And that."],
        ["Really?!", "Yes...", "No.", "It isn't."],
        ["Apple Inc. reported a loss.", "The market fell."],
        ["He works at Apple Inc.", "The firm is large."],
        ["Use version 1.2.3 of foo.bar.", "It works."],
        ["これは文です。", "次の文！", "「はい。」", "終わり"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["Er kam am 3. Oktober nach z.B. Berlin.", "Das war gut."],
        ["It was 1990.", "The wall had fallen."],
        ["I prefer plan B.", "The other one is worse."],
    ],
)
def test_full_stops(parts: list[str]) -> None:
    assert split(("" if "。" in parts[0] else " ").join(parts)) == parts


def test_wrapped_lines_stay_together() -> None:
    text = (
        "The licenses for most software and other practical works are designed\n"
        "to take away your freedom to share and change the works.  By contrast,\n"
        "the General Public License is intended to guarantee your freedom.\n"
    )
    assert split(text) == [
        "The licenses for most software and other practical works are designed\n"
        "to take away your freedom to share and change the works.",
        "By contrast,\nthe General Public License is intended to guarantee your freedom.",
    ]


def test_windows_line_ends_wrap_too() -> None:
    text = "The licenses for most software and other practical works are designed\r\nto take away your freedom."
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("# Title\nText below it\n", ["# Title", "Text below it"]),
        ("Title\n=====\nText below it\n", ["Title", "=====", "Text below it"]),
        ("- one\n- two\n  more of two\n", ["- one", "- two\n  more of two"]),
        ("1. First thing.\n2. Second thing.\n", ["1. First thing.", "2. Second thing."]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", ["| a | b |", "|---|---|", "| 1 | 2 |"]),
        ("a | b\n1 | 2\n", ["a | b", "1 | 2"]),
        ("Name: Ada\nAge: 36\n", ["Name: Ada", "Age: 36"]),
        ("One paragraph\n\nand another", ["One paragraph", "and another"]),
        ("word " * 40 + "\nNext line", [("word " * 40).strip(), "Next line"]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_hard_line_breaks(text: str, parts: list[str]) -> None:
    assert split(text) == parts


WORDS = ["Dr. ", "word ", "Word ", "3.5 ", "U.S. ", "etc. "]
MARKS = [". ", "! ", "。", "\n", "\n\n", "- ", "# ", "| ", '"', ")", "\r\n", "\f"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS + MARKS)).map("".join)))
def test_every_character_that_is_not_white_space_is_in_exactly_one_sentence(text: str) -> None:
    spans = sentences(text)
    last = 0
    for start, end in spans:
        assert text[last:start].strip() == ""
        assert start < end
        assert text[start:end] == text[start:end].strip()
        last = end
    assert text[last:].strip() == ""


def test_a_very_long_line_is_no_trap() -> None:
    assert len(sentences("Go on. " * 200_000)) == 200_000
    assert len(sentences("x" * 2_000_000)) == 1
