from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Skipped
from app.knowledge.parse import html
from tests.helpers.parsed import assert_sound, outline

PAGE = """<!doctype html><html><head><title>Care &amp; repair</title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav>
<h1>The <em>kettle</em> <a class="headerlink" href="#k">¶</a></h1>
<p>Boil&nbsp;water,<br>then wait.<script>alert(1)</script></p>
<div>Loose <b>words</b><p>and a paragraph</p></div>
<ul><li>one</li><li>two<ol><li>inner</li></ol></li></ul>
<table><tr><th>Part</th><th>Years</th></tr><tr><td>Base</td><td><p>2</p></td></tr></table>
<pre>if a &lt; b:
    stop()
</pre>
<footer>Imprint</footer></body></html>"""


def test_what_a_reader_sees() -> None:
    parsed = html.parse(PAGE.encode())
    assert parsed.title == "Care & repair"
    assert outline(parsed) == [
        ("heading1", "The kettle"),
        ("paragraph", "Boil water, then wait."),
        ("paragraph", "Loose words"),
        ("paragraph", "and a paragraph"),
        ("list", "- one\n- two\n  1. inner"),
        ("table", "Part | Years\nBase | 2"),
        ("code", "if a < b:\n    stop()"),
    ]


def test_tables_for_layout_are_not_data() -> None:
    page = b"<table><tr><td><h2>News</h2><p>First.</p></td><td><table><tr><td>a<td>b</table></td></tr></table>"
    assert outline(html.parse(page)) == [("heading2", "News"), ("paragraph", "First."), ("table", "a | b")]


def test_the_main_part_is_enough() -> None:
    page = f"<body><div>Buy now!</div><main><p>{'Long text. ' * 30}</p></main><div>Related</div>"
    assert [text for _, text in outline(html.parse(page.encode()))] == [("Long text. " * 30).strip()]


def test_a_page_of_navigation_only_still_says_something() -> None:
    assert outline(html.parse(b"<nav><p>Contents</p></nav>")) == [("paragraph", "Contents")]


def test_the_encoding_that_the_page_names() -> None:
    page = '<meta charset="iso-8859-1"><p>Café für alle</p>'.encode("latin-1")
    assert outline(html.parse(page)) == [("paragraph", "Café für alle")]


def test_deep_nesting_is_no_trap() -> None:
    assert outline(html.parse(b"<span>" * 20_000 + b"deep")) == [("paragraph", "deep")]


TAGS = "p div b h1 h2 ul li ol table tr td th pre br script nav main header footer section dl dt dd a svg title"
PIECES = [f"<{slash}{tag}>" for tag in TAGS.split() for slash in ("", "/")] + ["words ", "&amp;", "\n", "<!--", "-->"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_any_page_gives_sound_spans(page: str) -> None:
    try:
        assert_sound(html.parse(page.encode("utf-8", errors="replace")))
    except Skipped as skipped:
        assert "binary" in str(skipped)
