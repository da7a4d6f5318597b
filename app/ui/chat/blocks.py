"""The text of one message: prose, tables and code, shown while it streams.

A run of prose is one widget, so that text can be selected across paragraphs. Of all blocks only the ones that are still
open are ever written again; ``renders`` counts the writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.chat.code import CodeBlock
from app.ui.chat.markdown import Block, BlockSplitter, too_deep
from app.ui.chat.marks import Mark
from app.ui.chat.plain import PlainBlock
from app.ui.chat.prose import TextView
from app.ui.chat.render import MarkdownRenderer
from app.ui.theme import Theme

Form = Literal["prose", "table", "code", "plain"]

REDRAW_GROWTH: dict[Form, int] = {"prose": 64, "table": 12}
"""A long open block is written again only when it has grown by one part in this many: 1,000 characters of prose, every
15. A table costs more, so its rows come in groups once there are many."""


@dataclass
class _Part:
    """One widget and the blocks in it: many of prose, one of anything else."""

    form: Form
    widget: QWidget
    renderer: MarkdownRenderer | None = None
    blocks: list[Block] = field(default_factory=list)


@dataclass
class _Shown:
    """A block that may change, and where it was written."""

    block: Block
    form: Form
    part: _Part
    position: int
    length: int
    """Characters that were written, without the white space behind them."""


class MessageBody(QWidget):
    """See the module. ``name`` begins the object names of what is in it; ``line_breaks`` as for the renderer."""

    link_clicked = Signal(str)
    citation_clicked = Signal(int, int, int)

    def __init__(self, theme: Theme, name: str, *, line_breaks: bool = True) -> None:
        super().__init__()
        self._theme, self._line_breaks = theme, line_breaks
        self.setObjectName(name)
        self._splitter = BlockSplitter()
        self._parts: list[_Part] = []
        self._fixed = 0
        self._shown: list[_Shown] = []
        self._reusable: _Part | None = None
        self._count = 0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self.renders = 0

    @property
    def text(self) -> str:
        """The Markdown it shows."""
        return self._splitter.text

    def append(self, more: str) -> None:
        """Show more of the text."""
        self._splitter.feed(more)
        self._update(final=False)

    def finish(self) -> None:
        """No more text comes: what was open is complete."""
        self._update(final=True)

    def set_text(self, text: str) -> None:
        """Show another, complete text."""
        for part in self._parts:
            self._drop(part)
        self._parts.clear()
        self._splitter, self._fixed, self._shown = BlockSplitter(), 0, []
        self._splitter.feed(text)
        self._update(final=True)

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Mark sentences of a finished text: parts without any are left as they are."""
        for part in self._parts:
            if part.renderer is None or not any(_overlaps(mark, block) for mark in marks for block in part.blocks):
                continue
            view = part.widget
            assert isinstance(view, TextView)
            view.clear()
            for block in part.blocks:
                self.renders += 1
                own = [_within(mark, block) for mark in marks if _overlaps(mark, block)]
                part.renderer.write(block.source(self.text), block.start, own, block.indent)
            if any(mark.citations for mark in marks):
                view.links_by_keyboard()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _update(self, *, final: bool) -> None:
        blocks = self._splitter.blocks(self._fixed)
        closed = len(blocks) if final else len(self._splitter.closed) - self._fixed
        same = 0
        while same < min(len(blocks), len(self._shown)) and self._is_current(
            self._shown[same], blocks[same], same >= closed
        ):
            same += 1
        if same < min(len(blocks), len(self._shown)) and self._grow_in_place(same, blocks[same], same < closed):
            same += 1
        self._take_back(same, self._form(blocks[same]) if same < len(blocks) else None)
        for number in range(same, len(blocks)):
            self._add(blocks[number], number < closed)
        if closed:
            for shown, block in zip(self._shown[:closed], blocks, strict=False):
                shown.part.blocks.append(block)
                if isinstance(shown.part.widget, CodeBlock):
                    shown.part.widget.set_code(block.source(self.text), closed=True)
            del self._shown[:closed]
            self._fixed += closed

    def _is_current(self, shown: _Shown, block: Block, still_open: bool) -> bool:
        if (shown.block.kind, shown.block.start, shown.block.language) != (block.kind, block.start, block.language):
            return False
        if shown.form != self._form(block):
            return False
        source = block.source(self.text)
        grown = len(source.rstrip()) - shown.length
        if block.kind == "code":
            return grown == 0 and len(source) == len(shown.block.source(self.text))
        return grown == 0 or (still_open and 0 < grown < shown.length // REDRAW_GROWTH.get(shown.form, shown.length))

    def _form(self, block: Block) -> Form:
        if block.kind == "code":
            return "code"
        length = block.end - block.start
        return "plain" if length > block.limit or too_deep(self.text[block.start : block.end]) else block.kind

    def _grow_in_place(self, number: int, block: Block, closed: bool) -> bool:
        """Code and plain text only get more; there is nothing to write again."""
        shown = self._shown[number]
        if shown.block.start != block.start or shown.form != self._form(block):
            return False
        if shown.form not in ("code", "plain"):
            return False
        self._take_back(number + 1)
        self._fill(shown.part.widget, block, closed)
        shown.block, shown.length = block, len(block.source(self.text).rstrip())
        return True

    def _take_back(self, number: int, next_form: Form | None = None) -> None:
        """Remove what was written from block ``number`` on; an empty text is kept where ``next_form`` goes into it."""
        for shown in reversed(self._shown[number:]):
            view = shown.part.widget
            if isinstance(view, TextView) and shown.position > 0:
                view.delete_from(shown.position)
            elif isinstance(view, TextView) and shown is self._shown[number] and shown.form == next_form:
                view.clear()
                self._reusable = shown.part
            else:
                self._drop(shown.part)
                self._parts.remove(shown.part)
        del self._shown[number:]

    def _drop(self, part: _Part) -> None:
        self._column.removeWidget(part.widget)
        part.widget.hide()
        part.widget.deleteLater()

    def _add(self, block: Block, closed: bool) -> None:
        form = self._form(block)
        last = self._parts[-1] if self._parts else None
        goes_on = last is not None and last.form == form and (form == "prose" or last is self._reusable)
        part = last if last is not None and goes_on else self._new_part(form, block)
        self._reusable = None
        source = block.source(self.text)
        position = 0
        if part.renderer is not None:
            view = part.widget
            assert isinstance(view, TextView)
            position = view.text_end() if part is last else 0
            self.renders += 1
            part.renderer.write(source, block.start, (), block.indent)
            if "](" in source or "<http" in source:
                view.links_by_keyboard()
        else:
            self._fill(part.widget, block, closed)
        self._shown.append(_Shown(block, form, part, position, len(source.rstrip())))

    def _fill(self, widget: QWidget, block: Block, closed: bool) -> None:
        if isinstance(widget, CodeBlock):
            widget.set_language(block.language)
            widget.set_code(block.source(self.text), closed=closed)
        elif isinstance(widget, PlainBlock):
            widget.set_text(block.source(self.text))

    def _new_part(self, form: Form, block: Block) -> _Part:
        self._count += 1
        name = f"{self.objectName()}.{form}{self._count}"
        if form == "code":
            part = _Part(form, CodeBlock(self._theme, block.language, name))
        elif form == "plain":
            part = _Part(form, PlainBlock(self._theme, name))
        else:
            view = TextView(self._theme, name, wide=form == "table")
            view.link_clicked.connect(self.link_clicked)
            view.citation_clicked.connect(self.citation_clicked)
            renderer = MarkdownRenderer(view.document(), self._theme.colors, line_breaks=self._line_breaks)
            part = _Part(form, view, renderer)
        part.widget.setContentsMargins(0, 0, 0, 0)
        self._parts.append(part)
        self._column.addWidget(part.widget)
        return part


def _within(mark: Mark, block: Block) -> Mark:
    """The mark as far as this block shows it: what stands behind a sentence belongs where it ends."""
    return mark if mark.end <= block.end else replace(mark, end=block.end, citations=(), closing=False)


def _overlaps(mark: Mark, block: Block) -> bool:
    return mark.start < block.end and mark.end > block.start
