"""A message's text: streaming, marks, hostile Markdown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.chat.sources import CheckedSentence, Citation
from app.ui.chat.blocks import MessageBody
from app.ui.chat.code import CodeBlock
from app.ui.chat.marks import marks_of
from app.ui.chat.plain import PlainBlock
from app.ui.chat.prose import TextView
from app.ui.theme import Theme

ANSWER = """\
# Title

A *first* paragraph
over two lines.

- one
- two
  - deeper

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(x):
    return x + 1
```

> quoted

Last.
"""


@pytest.fixture
def body(qtbot: QtBot, theme: Theme) -> MessageBody:
    made = MessageBody(theme, "body")
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def shown(body: MessageBody) -> str:
    """All text on the screen, part by part."""
    parts = []
    layout = body.layout()
    for number in range(layout.count()):
        widget = layout.itemAt(number).widget()
        if isinstance(widget, TextView):
            parts.append(widget.toPlainText())
        elif isinstance(widget, CodeBlock):
            parts.append(widget.text.toPlainText())
        elif isinstance(widget, PlainBlock):
            parts.append(widget.view.toPlainText())
    return "\n".join(parts)


def views(body: MessageBody) -> list[TextView]:
    """The prose and tables that are shown, in order."""
    layout = body.layout()
    widgets = [layout.itemAt(number).widget() for number in range(layout.count())]
    return [widget for widget in widgets if isinstance(widget, TextView)]


@pytest.mark.parametrize("step", [1, 3, 17, 10_000])
def test_streaming_ends_with_what_the_whole_text_gives(
    body: MessageBody, theme: Theme, qtbot: QtBot, step: int
) -> None:
    for at in range(0, len(ANSWER), step):
        body.append(ANSWER[at : at + step])
    body.finish()
    whole = MessageBody(theme, "whole")
    qtbot.addWidget(whole)
    whole.set_text(ANSWER)
    assert body.text == ANSWER
    assert shown(body) == shown(whole)
    assert shown(body).split() == (
        [
            "Title",
            "A",
            "first",
            "paragraph",
            "over",
            "two",
            "lines.",
            "one",
            "two",
            "deeper",
            "a",
            "b",
            "1",
            "2",
            "def",
            "f(x):",
            "return",
            "x",
            "+",
            "1",
            "quoted",
            "Last.",
        ]
    )
    html = [view.toHtml() for view in views(body)]
    assert html == [view.toHtml() for view in views(whole)]


def test_only_the_open_block_is_written_again(body: MessageBody) -> None:
    paragraphs = 200
    frames = 0
    for number in range(paragraphs):
        for piece in (f"Paragraph {number} ", "goes ", "on.\n\n"):
            body.append(piece)
            frames += 1
    assert frames == paragraphs * 3
    # Each frame writes one block; the first piece of a paragraph may write none besides.
    assert body.renders <= frames
    assert len(views(body)) == 1


def test_streaming_code_is_appended_not_replaced(body: MessageBody) -> None:
    body.append("```text\nfirst line\n")
    block = body.findChild(CodeBlock)
    assert block is not None
    before = block.text.document().firstBlock()
    changes: list[tuple[int, int, int]] = []
    block.text.document().contentsChange.connect(lambda at, gone, new: changes.append((at, gone, new)))
    for number in range(50):
        body.append(f"line {number}\n")
    body.append("```\n")
    body.finish()
    assert block.text.document().firstBlock() == before
    assert sum(gone for _, gone, _ in changes) <= len(changes)
    assert block.code == "first line\n" + "\n".join(f"line {number}" for number in range(50))


def test_copy_puts_exactly_the_code_on_the_clipboard(body: MessageBody, qtbot: QtBot) -> None:
    code = 'def f():\n\tprint("<b>&amp;</b>")  # ünïcode 🎒\n\n\n    # end'
    body.set_text(f"Do:\n\n```python title=x\n{code}\n```\n")
    block = body.findChild(CodeBlock)
    copy = body.findChild(QPushButton, f"{block.objectName()}.copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == code
    assert copy.text() == "Copied"
    qtbot.waitUntil(lambda: copy.text() == "Copy", timeout=5000)


def test_code_gets_colours_in_slices(body: MessageBody, qtbot: QtBot) -> None:
    body.set_text("```python\ndef f():\n    return 'x'\n```\n")
    block = body.findChild(CodeBlock)
    qtbot.waitUntil(lambda: not block.coloring, timeout=5000)
    formats = block.text.document().firstBlock().layout().formats()
    assert [(span.start, span.length) for span in formats][:2] == [(0, 3), (4, 1)]


def test_selected_text_can_be_copied_across_paragraphs(body: MessageBody) -> None:
    body.set_text("One.\n\nTwo **bold**.")
    view = views(body)[0]
    view.selectAll()
    view.copy()
    assert QGuiApplication.clipboard().text() == "One.\nTwo bold."


# -- marks ------------------------------------------------------------------------------------------------------------


def sentence(text: str, part: str, support: str, *passages: int) -> CheckedSentence:
    start = text.index(part)
    citations = tuple(Citation(number, 10, 20, 0.8) for number in passages)
    return CheckedSentence(start, start + len(part), support, citations)  # type: ignore[arg-type]


def formats_of(view: TextView, text: str) -> QTextCursor:
    """A cursor on the first character of ``text``."""
    found = view.document().find(text)
    assert not found.isNull(), text
    return found


def test_unsupported_sentences_are_marked_and_supported_ones_numbered(body: MessageBody) -> None:
    text = "The base has **five years. Then** nothing.\n\n- It *floats*. It sinks\n\n```\nIt floats.\n```\n"
    body.set_text(text)
    body.set_marks(
        marks_of(
            [
                sentence(text, "The base has **five years.", "supported", 2, 1),
                sentence(text, "Then** nothing.", "unsupported"),
                sentence(text, "It *floats*.", "unsupported"),
                sentence(text, "It sinks", "partial", 3),
            ]
        )
    )
    assert shown(body).replace("\u2009", " ").replace("\u00a0", " ") == (
        "The base has five years. [1] [2] Then nothing.\nIt floats. [no support found] It sinks [3?]\nIt floats."
    )
    view = views(body)[0]
    then, base = formats_of(view, "Then"), formats_of(view, "base")
    assert then.charFormat().underlineStyle().name == "DotLine"
    assert then.charFormat().toolTip() == "No support found in the passages"
    assert then.charFormat().fontWeight() > 500, "markup inside of a marked sentence stays"
    assert base.charFormat().underlineStyle().name == "NoUnderline"
    assert formats_of(view, "[2]").charFormat().anchorHref() == "cite:2:10:20"


def test_a_citation_says_which_span_it_is_of(body: MessageBody, qtbot: QtBot) -> None:
    text = "It is so."
    body.set_text(text)
    body.set_marks(marks_of([sentence(text, text, "supported", 4)]))
    with qtbot.waitSignal(body.citation_clicked) as clicked:
        views(body)[0].anchorClicked.emit(QUrl("cite:4:10:20"))
    assert clicked.args == [4, 10, 20]


def test_parts_without_marks_are_not_written_again(body: MessageBody) -> None:
    text = "One.\n\n| a |\n|---|\n| b |\n\nTwo."
    body.set_text(text)
    before = body.renders
    body.set_marks(marks_of([sentence(text, "Two.", "unsupported")]))
    assert body.renders == before + 1


# -- hostile text -----------------------------------------------------------------------------------------------------


def test_nothing_named_in_a_text_is_loaded(body: MessageBody) -> None:
    body.set_text("![x](file:///etc/passwd) ![y](https://example.org/a.png) ![z](//host/share/b.png)")
    view = views(body)[0]
    assert "\ufffc" not in view.toPlainText()
    for address in ("file:///etc/passwd", "https://example.org/a.png", "//host/share/b.png"):
        assert view.document().resource(QTextDocument.ResourceType.ImageResource, QUrl(address)) == b""


def test_html_stays_text(body: MessageBody) -> None:
    body.set_text("<script>alert(1)</script>\n\n<img src='file:///etc/passwd'> <b>bold</b> &lt;")
    assert shown(body) == "<script>alert(1)</script>\n<img src='file:///etc/passwd'> <b>bold</b> <"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "satchel:x", "cite:1:0:9", "data:text/html,x", "//host/x"]
)
def test_links_that_are_not_of_the_web_are_no_links(body: MessageBody, qtbot: QtBot, address: str) -> None:
    body.set_text(f"[click]({address}) and <{address}>")
    view = views(body)[0]
    cursor = QTextCursor(view.document())
    while not cursor.atEnd():
        cursor.movePosition(QTextCursor.MoveOperation.NextCharacter)
        assert not cursor.charFormat().isAnchor()


def test_a_web_link_shows_its_address_and_opens_only_when_clicked(body: MessageBody, qtbot: QtBot) -> None:
    body.set_text("[my bank](https://evil.example/login)")
    view = views(body)[0]
    assert formats_of(view, "my bank").charFormat().toolTip() == "https://evil.example/login"
    with qtbot.waitSignal(body.link_clicked) as clicked:
        view.anchorClicked.emit(QUrl("https://evil.example/login"))
    assert clicked.args == ["https://evil.example/login"]
    with qtbot.assertNotEmitted(body.link_clicked):
        view.anchorClicked.emit(QUrl("file:///etc/passwd"))


@pytest.mark.parametrize("text", [">" * 10_000 + " deep", "- " * 10_000 + "deep", "* " * 9 + "> " * 9 + "deep"])
def test_deep_nesting_is_shown_as_plain_text(body: MessageBody, text: str) -> None:
    body.append(text)
    body.finish()
    plain = body.findChild(PlainBlock)
    assert plain is not None
    assert plain.text == text


def test_a_line_of_two_million_characters_costs_its_beginning(body: MessageBody, qtbot: QtBot) -> None:
    text = "word and " * 222_223
    for at in range(0, len(text), 20_000):
        body.append(text[at : at + 20_000])
    body.finish()
    plain = body.findChild(PlainBlock)
    assert body.text == plain.text == text
    laid_out = plain.view.document()
    assert laid_out.characterCount() < 4_000
    assert body.renders <= 1
    more = body.findChild(QPushButton, f"{plain.objectName()}.more")
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    viewer = plain.findChild(QPlainTextEdit)
    assert viewer.toPlainText().replace("\n", "") == text
    assert max(viewer.document().findBlockByNumber(n).length() for n in range(viewer.blockCount())) <= 1001


def test_code_of_two_million_characters_shows_its_beginning(body: MessageBody) -> None:
    body.set_text("```python\n" + "x = 1\n" * 300_000 + "```\n")
    block = body.findChild(CodeBlock)
    assert block.text.blockCount() <= 401
    assert len(block.code) == 300_000 * 6 - 1


VERSE = "Roses are red,\nviolets are blue,\nSugar is sweet.\n\n> A quoted\n> verse\n"


@pytest.mark.parametrize("step", [1, len(VERSE)])
def test_a_verse_keeps_its_lines(body: MessageBody, step: int) -> None:
    for at in range(0, len(VERSE), step):
        body.append(VERSE[at : at + step])
    body.finish()
    assert shown(body) == "Roses are red,\nviolets are blue,\nSugar is sweet.\nA quoted\nverse"


def test_text_that_was_not_written_for_a_chat_flows(qtbot: QtBot, theme: Theme) -> None:
    body = MessageBody(theme, "card", line_breaks=False)
    qtbot.addWidget(body)
    body.set_text("A model card\nwrapped at 12\ncolumns.")
    assert shown(body) == "A model card wrapped at 12 columns."
