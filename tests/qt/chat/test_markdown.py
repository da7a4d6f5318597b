"""Splitting streaming Markdown into blocks. No Qt in here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.ui.chat.markdown import Block, BlockSplitter, too_deep

ANSWER = """\
# Warranty

The base is covered for *five* years.
It is a long time.

1. Find the receipt
2. Call us:
   - by phone
   - by mail

   ```sh
   $ call us

   $ wait
   ```
   Then wait.
3. Done

| part | years |
|------|-------|
| base | 5     |

> Quoted text
> goes on

```python
def f():
    return "```"
```
The end
=======
1986 was fine
"""


def split(text: str) -> list[Block]:
    splitter = BlockSplitter()
    splitter.feed(text)
    return splitter.blocks()


def shape(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.source(text).strip()) for block in split(text)]


def test_the_blocks_of_an_answer() -> None:
    assert shape(ANSWER) == [
        ("prose", "# Warranty"),
        ("prose", "The base is covered for *five* years.\nIt is a long time."),
        ("prose", "1. Find the receipt"),
        ("prose", "2. Call us:\n   - by phone\n   - by mail"),
        ("code", "$ call us\n\n$ wait"),
        ("prose", "Then wait."),
        ("prose", "3. Done"),
        ("table", "| part | years |\n|------|-------|\n| base | 5     |"),
        ("prose", "> Quoted text\n> goes on"),
        ("code", 'def f():\n    return "```"'),
        ("prose", "The end\n======="),
        ("prose", "1986 was fine"),
    ]


def test_code_in_a_list_is_indented_with_it() -> None:
    code = next(block for block in split(ANSWER) if block.kind == "code")
    assert (code.indent, code.language) == (1, "sh")


def test_a_number_at_a_line_start_does_not_break_a_paragraph() -> None:
    assert shape("It was in\n1986. A great year.") == [("prose", "It was in\n1986. A great year.")]


def test_indented_code_keeps_its_blank_lines() -> None:
    assert shape("Run:\n\n    a = 1\n\n    b = 2\n\nDone") == [
        ("prose", "Run:"),
        ("code", "a = 1\n\nb = 2"),
        ("prose", "Done"),
    ]


def test_an_open_fence_does_not_show_the_beginning_of_its_end() -> None:
    text = "```\ncode\n``"
    assert split(text)[0].source(text) == "code"


def test_deep_nesting_is_seen() -> None:
    assert too_deep(">" * 10_000 + " text")
    assert too_deep("- " * 10_000 + "text")
    assert not too_deep("> - 1. text\n" * 1000)


PIECES = st.lists(
    st.sampled_from(
        ["word ", "\n", "\n\n", "# ", "- ", "1. ", "7. ", "> ", "```", "`", "    ", "  ", "|", "--", "\t", "="]
    ),
    max_size=40,
)


@given(PIECES)
def test_closed_blocks_never_change_however_the_text_arrives(pieces: list[str]) -> None:
    splitter = BlockSplitter()
    known: list[tuple[str, int]] = []
    for piece in pieces:
        splitter.feed(piece)
        splitter.blocks()
        now = [(block.kind, block.start) for block in splitter.closed]
        assert now[: len(known)] == known
        known = now
    assert splitter.blocks() == split("".join(pieces))


@given(PIECES)
def test_blocks_cover_the_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    covered = 0
    for block in split(text):
        assert not text[covered : block.start].strip()
        assert block.start <= block.body_start <= block.body_end <= block.end or block.kind != "code"
        covered = block.end
    assert not text[covered:].strip()
