from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Skipped
from app.knowledge.parse import markdown
from tests.helpers.parsed import assert_sound, outline

SOURCE = """---
title: "The house"
---

# Rooms #

Two lines
of text.

- kitchen
- bath
  - tub

```sh
make heat
```

| room | size |
|------|------|
| bath | 4    |

Attic
-----
> Dark.
"""


def test_blocks_are_spans_of_the_source() -> None:
    parsed = markdown.parse(SOURCE.encode())
    assert parsed.text == SOURCE
    assert parsed.title == "The house"
    assert outline(parsed) == [
        ("heading1", "# Rooms #"),
        ("paragraph", "Two lines\nof text."),
        ("list", "- kitchen\n- bath\n  - tub"),
        ("code", "```sh\nmake heat\n```"),
        ("table", "| room | size |\n|------|------|\n| bath | 4    |"),
        ("heading2", "Attic\n-----"),
        ("paragraph", "> Dark."),
    ]


def test_the_title_is_the_first_heading_where_nothing_else_says_it() -> None:
    assert markdown.parse(b"Intro\n\n# The *title* #\n").title == "The *title*"


LINES = [
    "# A",
    "text",
    "- item",
    "  - deeper",
    "```",
    "| a | b |",
    "|---|---|",
    "> q",
    "",
    "    code",
    "---",
    "1. x",
    "<b>",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(LINES)).map("\n".join)))
def test_any_text_gives_sound_spans(text: str) -> None:
    try:
        assert_sound(markdown.parse(text.encode("utf-8", errors="replace")))
    except Skipped as skipped:
        assert "binary" in str(skipped)
