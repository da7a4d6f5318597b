"""The sentences of a passage, each with what it is read together with.

A sentence out of its place may say nothing: "Three years." needs its heading, "This was banned in 1977." the sentence
before it, and a row of a table the names of its columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.chat.rows import is_rule, row_cells
from app.chat.sources import Passage
from app.knowledge.headings import HEADING_JOINT, Heading
from app.knowledge.sentences import Span, sentences
from app.knowledge.vector_cache import embedded_text
from app.knowledge.words import Word, words

_LONGEST_QUOTE = 700
_SAYS_OF_WHAT = 8
"""Content words with which a sentence says by itself what it is about; with its heading it would be like any other."""

_LEANS = re.compile(
    r"^(?:(?:for|in|with|from|by|of|at|on|to|during|after|before|as|but|and|yet|so|since|because of|according to"
    r"|despite)\s+)?(?:this|these|those|that|such|they|it|he|she|its|their|his|her|the (?:latter|former|same))\b",
    re.IGNORECASE,
)
HeadingsIn = Callable[[int, int, int], Sequence[Heading]]
"""``(file_id, start, end)`` to the heading in force at the start and those up to the end (:meth:`Ledger.headings`)."""


def no_headings(_file_id: int, _start: int, _end: int) -> Sequence[Heading]:
    """Nothing is known of headings: a passage's own stands for all of it."""
    return ()


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage; offsets in the file's text. ``previous``: where the one before it begins.

    ``headings``: those of the passage and the one in force where it begins, as the ledger has them. ``columns``: of a
    row of a table, its columns' names, as far as they are known. ``heads_table``: it is those names itself.
    """

    passage: Passage
    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    previous: int | None
    headings: tuple[Heading, ...] = ()
    columns: tuple[str, ...] = ()
    heads_table: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether it is (a part of) a heading, or a table's."""
        return (
            self.heads_table
            or self.text.strip("#*_ ") in self.passage.heading.split(HEADING_JOINT)
            or any(heading.start <= self.start and self.end <= heading.end for heading in self.headings)
        )

    @property
    def heading(self) -> str:
        """The headings above it, as in :class:`Passage`."""
        return self.heading_at(self.start)

    def heading_at(self, offset: int) -> str:
        """The headings above a place in its passage."""
        above = [heading.path for heading in self.headings if heading.start <= offset]
        return above[-1] if above else self.passage.heading

    @property
    def leans(self) -> bool:
        """Whether it cannot be understood without the sentence before it."""
        return self.previous is not None and _LEANS.match(self.text) is not None

    @property
    def quote_start(self) -> int:
        """Where a quote of it begins: with the sentence before it, if it leans on that and both are not too long."""
        if self.previous is None or not self.leans or self.end - self.previous > _LONGEST_QUOTE:
            return self.start
        return self.previous

    @property
    def quote(self) -> str:
        """What is quoted, verbatim."""
        offset = self.passage.start
        return self.passage.text[self.quote_start - offset : self.end - offset]

    @property
    def in_context(self) -> str:
        """What is quoted, in words that can be understood alone: a row's cells with their names; if short, its heading.

        Of a longer sentence the quote as it is: with their heading, sentences become too much alike.
        """
        said = self.quote
        if self.columns:
            cells = row_cells(self.text)
            named = len(cells) == len(self.columns)
            pairs = zip(self.columns, cells, strict=True) if named else (("", cell) for cell in cells)
            said = ", ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
        elif sum(word.is_content for word in self.words) >= _SAYS_OF_WHAT:
            return said
        return embedded_text(self.heading_at(self.quote_start), said)


def split(passage: Passage, headings_in: HeadingsIn = no_headings) -> list[Sentence]:
    """A passage's sentences in order."""
    headings = tuple(headings_in(passage.file_id, passage.start, passage.end))
    found: list[Sentence] = []
    spans = sentences(passage.text)
    for (start, end), (columns, heads_table) in zip(spans, _columns(passage.text, spans), strict=True):
        text = passage.text[start:end]
        before = found[-1] if found else None
        found.append(
            Sentence(
                passage,
                passage.start + start,
                passage.start + end,
                text,
                tuple(words(text)),
                before.start if before else None,
                headings,
                columns,
                heads_table,
            )
        )
    return found


def _columns(text: str, spans: Sequence[Span]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """For each sentence the names of its columns, if it is a row below a Markdown table's head, and if it is that."""
    columns: tuple[str, ...] = ()
    lines = [text[start:end] for start, end in spans]
    for index, line in enumerate(lines):
        cells = tuple(row_cells(line))
        heads = bool(cells) and index + 1 < len(lines) and is_rule(lines[index + 1])
        if heads:
            columns = cells
        elif not cells and not is_rule(line):
            columns = ()
        yield (columns if cells and not heads else ()), heads
