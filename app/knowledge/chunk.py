"""Cut a parsed file into chunks of 200 to 250 tokens that follow its structure and keep its exact text.

A chunk is a span, never a rewritten text. Chunks start anew at each heading, so that an edit changes the chunks of its
own section only and little has to be embedded again. Inside a section the best place near the wanted size is taken:
between blocks, else between rows, list items and sentences, inside a sentence only when one is longer than a chunk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.knowledge.chunk_units import Cost, CountTokens, Unit, measured_units
from app.knowledge.headings import headings_of, shared_path
from app.knowledge.parse.values import Block, ParsedFile

__all__ = ["Chunk", "ChunkPolicy", "CountTokens", "chunk"]


@dataclass(frozen=True)
class ChunkPolicy:
    """Sizes in the embedding model's tokens. ``maximum`` is never exceeded; a section below ``tiny`` joins the next."""

    minimum: int = 200
    maximum: int = 250
    tiny: int = 40


@dataclass(frozen=True)
class Chunk:
    """``text[start:end]`` of the file; ``page`` is where it starts.

    ``heading`` is the path that all of it stands under ("A › B"): with several tiny sections in it, what they share.
    """

    start: int
    end: int
    heading: str
    page: int | None
    tokens: int


@dataclass
class _Section:
    """What stands under one heading, the heading included; level 0 before the first."""

    level: int
    path: str
    blocks: list[Block] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return sum(unit.tokens for unit in self.units)

    @property
    def has_body(self) -> bool:
        return len(self.blocks) > (1 if self.level else 0)


def chunk(parsed: ParsedFile, count_tokens: CountTokens, policy: ChunkPolicy | None = None) -> list[Chunk]:
    """The chunks of a file, in order: every character of its blocks that is not white space is in exactly one.

    ``count_tokens`` gets many pieces at once and says how many tokens each has, without a model's special tokens; the
    counts of neighbouring pieces are added up. Same input, same output.
    """
    policy = policy or ChunkPolicy()
    sections = _sections(parsed)
    units = measured_units(parsed.text, [s.blocks for s in sections], count_tokens, policy.maximum)
    for section, its_units in zip(sections, units, strict=True):
        section.units = its_units
    page_starts = [page.start for page in parsed.pages]
    found: list[Chunk] = []
    for group in _groups(sections, policy):
        for run in _unbroken(parsed.text, [(unit, section.path) for section in group for unit in section.units]):
            for first, last in _packed([unit for unit, _ in run], policy):
                part = run[first:last]
                start, end = part[0][0].start, part[-1][0].end
                page = parsed.pages[bisect_right(page_starts, start) - 1].number if page_starts else None
                found.append(Chunk(start, end, _heading(part), page, sum(unit.tokens for unit, _ in part)))
    return found


def _unbroken(text: str, units: Sequence[tuple[Unit, str]]) -> Iterator[Sequence[tuple[Unit, str]]]:
    """Runs of units without words between them that belong to no block, which a chunk's span must not hold."""
    first = 0
    for index in range(1, len(units)):
        between = text[units[index - 1][0].end : units[index][0].start]
        if between and not between.isspace():
            yield units[first:index]
            first = index
    yield units[first:]


def _sections(parsed: ParsedFile) -> list[_Section]:
    sections = [_Section(0, "")]
    paths = {heading.start: heading.path for heading in headings_of(parsed)}
    for block in parsed.blocks:
        if block.kind == "heading":
            sections.append(_Section(block.level, paths[block.start]))
        sections[-1].blocks.append(block)
    return [section for section in sections if section.blocks]


def _groups(sections: Sequence[_Section], policy: ChunkPolicy) -> Iterator[list[_Section]]:
    """Sections that are chunked together: tiny ones with what follows, unless that leaves the chapter."""
    group: list[_Section] = []
    tokens = 0
    for section in sections:
        if group:
            stays_below = section.level >= group[0].level
            only_headings = not any(other.has_body for other in group)
            if not (only_headings or (tokens < policy.tiny and stays_below)):
                yield group
                group, tokens = [], 0
        group.append(section)
        tokens += section.tokens
    if group:
        yield group


def _packed(units: Sequence[Unit], policy: ChunkPolicy) -> Iterator[tuple[int, int]]:
    """Ranges of units, each of at most ``maximum`` tokens, cut where it costs least."""
    left = sum(unit.tokens for unit in units)
    first = 0
    while first < len(units):
        if left <= policy.maximum:
            yield first, len(units)
            return
        best, best_cost, best_tokens = first + 1, float("inf"), units[first].tokens
        tokens = 0
        for index in range(first, len(units)):
            if index > first:
                cost = _cost(units[index].cost, tokens, left - tokens, policy)
                if cost <= best_cost:
                    best, best_cost, best_tokens = index, cost, tokens
            tokens += units[index].tokens
            if tokens > policy.maximum:
                break
        yield first, best
        first, left = best, left - best_tokens


def _cost(cut: float, tokens: int, rest: int, policy: ChunkPolicy) -> float:
    """How bad it is to end a chunk of ``tokens`` here, with ``rest`` tokens still to come in the section."""
    too_small = max(0, policy.minimum - tokens) / policy.minimum * Cost.AS_EMPTY
    return cut + too_small + (Cost.SHORT_REST if rest < policy.tiny else 0.0)


def _heading(units: Sequence[tuple[Unit, str]]) -> str:
    """The path that holds for all of a chunk's words; a heading with nothing under it has no say, if others have."""
    return shared_path([path for unit, path in units if not unit.is_heading] or [path for _, path in units])
