"""The pieces that a chunk is made of, with their size in tokens and what it costs to cut before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.knowledge.parse.plain import LIST_ITEM
from app.knowledge.parse.values import Block
from app.knowledge.sentences import sentences

CountTokens = Callable[[Sequence[str]], Sequence[int]]

_LONGEST_UNIT_CHARS = 2000  # surely longer than a chunk of prose, and cheap to count in pieces
_PIECE_CHARS = 160
_CLAUSE_END = re.compile(r"[,;:](?=\s)|\s[–—-](?=\s)|[，、；：)\]}]")
_LINE = re.compile(r"[^\n]*[^\s][^\n]*")
_CLOSES = re.compile(r"\s*(?:[)\]}>]|end\b|else\b|elif\b|except\b|finally\b|catch\b|fi\b|done\b)")


class Cost:
    """What a cut costs, by place; only their order and rough distances matter."""

    BLOCK = 0.0
    BLANK_LINE = 0.5
    ITEM = 1.0
    SENTENCE = 2.0
    CODE_LINE = 4.0
    CLOSING_LINE = 6.0
    CLAUSE = 7.0
    WORD = 9.0
    UNDER_HEADING = 14.0
    SHORT_REST = 3.0
    AS_EMPTY = 12.0


@dataclass(frozen=True)
class Unit:
    """A span that is not cut any further. ``cost``: to cut before it."""

    start: int
    end: int
    tokens: int
    cost: float
    is_heading: bool = False


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    cost: float
    is_heading: bool = False


def measured_units(
    text: str, sections: Sequence[Sequence[Block]], count_tokens: CountTokens, maximum: int
) -> list[list[Unit]]:
    """The units of each section's blocks; none has more than ``maximum`` tokens.

    All are counted in one call; longer ones are taken apart and counted in further ones.
    """
    by_section = [list(_section_pieces(text, blocks)) for blocks in sections]
    pieces = [piece for section in by_section for piece in section]
    units = _measure(text, pieces, count_tokens, maximum)
    return [[unit for piece in section for unit in units[piece.start]] for section in by_section]


def _measure(text: str, pieces: Sequence[_Piece], count_tokens: CountTokens, maximum: int) -> dict[int, list[Unit]]:
    """The units that each piece became, by the piece's start."""
    found: dict[int, list[Unit]] = {}
    todo = [(piece.start, piece) for piece in pieces]
    while todo:
        counts = count_tokens([text[piece.start : piece.end] for _, piece in todo])
        again: list[tuple[int, _Piece]] = []
        for (origin, piece), tokens in zip(todo, counts, strict=True):
            if tokens > maximum and piece.end - piece.start > 1:
                again += [(origin, part) for part in _take_apart(text, piece)]
            else:
                unit = Unit(piece.start, piece.end, tokens, piece.cost, piece.is_heading)
                found.setdefault(origin, []).append(unit)
        todo = again
    for units in found.values():
        units.sort(key=lambda unit: unit.start)
    return found


def _section_pieces(text: str, blocks: Sequence[Block]) -> Iterator[_Piece]:
    under_heading = False
    for block in blocks:
        for index, piece in enumerate(_block_pieces(text, block)):
            cost = piece.cost if index else Cost.UNDER_HEADING if under_heading else Cost.BLOCK
            whole = _Piece(piece.start, piece.end, cost, block.kind == "heading")
            if whole.end - whole.start > _LONGEST_UNIT_CHARS:
                yield from _take_apart(text, whole)
            else:
                yield whole
        under_heading = block.kind == "heading"


def _block_pieces(text: str, block: Block) -> Iterator[_Piece]:
    if block.kind in ("table", "code"):
        yield from _lines(text, block)
        return
    for start, end in sentences(text[block.start : block.end]):
        first = block.start + start
        is_item = block.kind == "list" and LIST_ITEM.match(text, first, block.end) is not None
        yield _Piece(first, block.start + end, Cost.ITEM if is_item else Cost.SENTENCE)


def _lines(text: str, block: Block) -> Iterator[_Piece]:
    last = block.start
    for match in _LINE.finditer(text, block.start, block.end):
        if block.kind == "table":
            cost = Cost.ITEM
        elif _CLOSES.match(match.group()):
            cost = Cost.CLOSING_LINE
        else:
            cost = Cost.BLANK_LINE if text.count("\n", last, match.start()) > 1 else Cost.CODE_LINE
        yield _Piece(match.start(), match.end(), cost)
        last = match.end()


def _take_apart(text: str, piece: _Piece) -> Iterator[_Piece]:
    """Pieces of at most 160 characters, cut at clauses, else at words, else anywhere; of a short one its halves."""
    length = piece.end - piece.start
    limit = _PIECE_CHARS if length > _PIECE_CHARS else max(1, length // 2)
    start, cost = piece.start, piece.cost
    while start < piece.end:
        end = min(start + limit, piece.end)
        next_cost = Cost.WORD
        if end < piece.end:
            clause = _last_clause(text, start + limit // 4, end)
            space = max(text.rfind(" ", start + limit // 4, end), text.rfind("\n", start + limit // 4, end))
            if clause:
                end, next_cost = clause, Cost.CLAUSE
            elif space > 0:
                end = space
        first, last = start, end
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        if first < last:
            yield _Piece(first, last, cost, piece.is_heading)
            cost = next_cost
        start = end


def _last_clause(text: str, start: int, end: int) -> int:
    """Where the last clause ends in ``start..end``; 0 if none does."""
    # One character more, for the white space that must follow.
    ends = (match.end() for match in _CLAUSE_END.finditer(text, start, min(end + 1, len(text))))
    return max((place for place in ends if place <= end), default=0)
