"""CSV and TSV: each row one line that says what its values mean, so that a row found alone can be understood."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice

from app.knowledge.parse.builder import BETWEEN_CELLS, TextBuilder, one_line, table_row
from app.knowledge.parse.decode import decode
from app.knowledge.parse.values import ParsedFile

_DELIMITERS = ",;\t|"


def parse(data: bytes) -> ParsedFile:
    """Parse a table. With a header row each line reads ``name: value | name: value``, else ``value | value``."""
    text = decode(data)
    csv.field_size_limit(10_000_000)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    builder = TextBuilder()
    sample = list(islice(rows, 50))
    header = _header(sample)
    if header:
        builder.add("table", table_row(header))
    for row in sample[1:] if header else sample:
        builder.add("table", _line(header, row))
    for row in rows:
        builder.add("table", _line(header, row))
    return builder.build()


def _delimiter(text: str) -> str:
    """The one that splits the first lines most evenly."""
    lines = text[:20_000].splitlines()[:20]
    if len(lines) > 2:
        lines.pop()  # perhaps cut
    counts = {mark: [line.count(mark) for line in lines if line] for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: (min(counts[mark], default=0), sum(counts[mark])))


def _header(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first row if it reads like names of columns, else nothing."""
    if len(rows) < 2:
        return []
    first = [one_line(cell) for cell in rows[0]]
    named = [cell for cell in first if cell]
    words = all(any(c.isalpha() for c in cell) and len(cell) <= 60 for cell in named)
    return first if named and words and len(set(named)) == len(named) and len(named) >= len(first) - 1 else []


def _line(header: Sequence[str], row: Sequence[str]) -> str:
    if not header:
        return table_row(row)
    cells = [(header[i] if i < len(header) else "", one_line(cell)) for i, cell in enumerate(row)]
    return BETWEEN_CELLS.join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)
