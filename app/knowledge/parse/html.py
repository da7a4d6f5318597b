"""HTML: what a reader sees of the page's own text, without navigation, scripts and forms.

The tree is walked with a loop, not by recursion: hostile pages nest a hundred thousand deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from app.knowledge.parse.builder import TextBuilder, one_line, table_row
from app.knowledge.parse.decode import decode
from app.knowledge.parse.values import BlockKind, ParsedFile

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.I)

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "head", "iframe", "object", "canvas", "audio", "video"}
    | {"nav", "button", "select", "textarea", "input", "datalist", "dialog", "map"}
)
_PAGE_FURNITURE = frozenset({"header", "footer", "aside"})  # of the page; inside an article they belong to it
_DROPPED_ROLES = frozenset({"navigation", "search", "banner", "contentinfo", "menu", "menubar", "dialog"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "figure", "figcaption", "dl"}
    | {"dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "pre", "form"}
    | {"fieldset", "address", "details", "summary", "hr", "body", "html", "center", "legend", *_HEADINGS}
)
_LISTS = frozenset({"ul", "ol", "dl"})
_LAYOUT = "table, h1, h2, h3, h4, pre, ul, ol, p + p"
_CUTS = "a.headerlink, a.anchor, .visually-hidden, .sr-only, [hidden]"


def parse(data: bytes) -> ParsedFile:
    """Parse a page. The title is the page's own, else its first heading."""
    named = _CHARSET.search(data[:4096])
    declared = (named.group(1) or named.group(2)).decode("ascii", errors="replace") if named else ""
    tree = LexborHTMLParser(decode(data, declared))
    for node in tree.css(_CUTS):
        node.decompose()
    title_node = tree.css_first("title")
    title = title_node.text() if title_node is not None else ""
    parsed = _read(_main_part(tree), title)
    if not parsed.blocks and tree.body is not None:
        return _read(tree.body, title, everything=True)
    return parsed


def _main_part(tree: LexborHTMLParser) -> Any:
    """The page's one main element where it has one that holds a good part of its words, else the body."""
    body = tree.body or tree.root
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text()) >= 200:
            return found[0]
    return body


def _walk(root: Any, everything: bool) -> Iterator[tuple[Any, bool]]:
    """Each node twice: ``(node, True)`` on the way in, ``(node, False)`` on the way out; dropped parts not at all."""
    node, depth, inside_article = root, 0, root.tag in ("main", "article")
    while True:
        dropped = depth > 0 and _is_dropped(node, inside_article) and not (everything and node.tag not in _NEVER)
        if not dropped:
            yield node, True
            child = node.child
            if child is not None:
                node, depth = child, depth + 1
                continue
            yield node, False
        while node.next is None:
            if depth == 0:
                return
            node, depth = node.parent, depth - 1
            yield node, False
            if depth == 0:
                return
        if depth == 0:
            return
        node = node.next


_NEVER = frozenset({"script", "style", "template", "head", "svg", "noscript"})


def _is_dropped(node: Any, inside_article: bool) -> bool:
    tag = node.tag
    if tag in _DROPPED or (tag in _PAGE_FURNITURE and not inside_article and node.css_first("h1") is None):
        return True
    if tag[0] == "-":
        return bool(tag != "-text")
    return tag in _BLOCKS and str(node.attributes.get("role")) in _DROPPED_ROLES


def _read(root: Any, title: str, everything: bool = False) -> ParsedFile:
    reader = _Reader()
    for node, entering in _walk(root, everything):
        if node.tag == "-text":
            if entering:
                reader.inline.append(node.text_content or "")
        elif entering:
            reader.enter(node)
        else:
            reader.leave(node.tag)
    reader.flush()
    return reader.builder.build(one_line(title))


class _Reader:
    """Gathers inline text and puts it down as a block wherever one begins or ends."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.inline: list[str] = []
        self._heading = 0
        self._pre = 0
        self._lists: list[tuple[str, int]] = []
        self._bullet = ""
        self._cells: list[str] | None = None  # of the row we are in; None outside data tables
        self._tables: list[bool] = []  # whether each open table holds data, not layout

    def enter(self, node: Any) -> None:
        tag = node.tag
        if tag == "br":
            self.inline.append("\n" if self._pre else " ")
            return
        if tag not in _BLOCKS:
            return
        if self._cells is None or tag in ("tr", "td", "th", "table"):
            self.flush()
        else:
            self.inline.append(" ")
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self._pre += 1
        elif tag in _LISTS:
            self._lists.append((tag, 0))
        elif tag in ("li", "dt", "dd"):
            self._begin_item(tag)
        elif tag == "table":
            self.builder.end_group()
            self._tables.append(node.css_first(_LAYOUT) is None or self._holds_itself_only(node))
        elif tag == "tr" and self._tables and self._tables[-1]:
            self._cells = []

    def leave(self, tag: str) -> None:
        if tag not in _BLOCKS:
            return
        if self._cells is not None and tag in ("td", "th"):
            self._cells.append("".join(self.inline))
            self.inline.clear()
            return
        if self._cells is not None and tag != "tr":
            self.inline.append(" ")
            return
        self.flush()
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in _LISTS and self._lists:
            self._lists.pop()
            if not self._lists:
                self.builder.end_group()
        elif tag == "table" and self._tables:
            self._tables.pop()
            self.builder.end_group()
        elif tag == "tr" and self._cells is not None:
            self.builder.add("table", table_row(self._cells))
            self._cells = None

    def flush(self) -> None:
        """Put down what has gathered."""
        text = "".join(self.inline)
        self.inline.clear()
        if self._pre:
            self.builder.add("code", text)
            return
        text = one_line(text)
        if not text:
            return
        kind: BlockKind = "heading" if self._heading else "list" if self._lists else "paragraph"
        self.builder.add(kind, self._bullet + text if kind == "list" else text, self._heading)
        self._bullet = " " * len(self._bullet)

    def _begin_item(self, tag: str) -> None:
        if not self._lists:
            return
        kind, count = self._lists.pop()
        self._lists.append((kind, count + 1))
        indent = "  " * min(len(self._lists) - 1, 6)
        self._bullet = indent + (
            "" if tag == "dt" else "  " if tag == "dd" else f"{count + 1}. " if kind == "ol" else "- "
        )

    @staticmethod
    def _holds_itself_only(node: Any) -> bool:
        found = node.css_first(_LAYOUT)
        return found is not None and bool(found == node) and len(node.css(_LAYOUT)) == 1
