"""What an answer stands on: passages of documents, sentences quoted from them, and the check of what a model said.

Offsets are character positions (Unicode code points) in a file's extracted text, which the document ledger keeps; they
are half-open, ``text[start:end]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Support = Literal["supported", "partial", "unsupported", "not_a_claim"]


@dataclass(frozen=True)
class Passage:
    """One retrieved chunk. ``number`` is what the person sees, from 1; ``score`` compares within one search only."""

    number: int
    chunk_id: int
    file_id: int
    collection_id: int
    path: str
    title: str
    heading: str
    """The headings above all of it, outermost first, joined with " › "; empty when there are none."""
    page: int | None
    """From 1, for formats with pages."""
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True)
class Quote:
    """A sentence of a passage that answers the question, verbatim; offsets in the file's text.

    ``heading``: those above its beginning, which may be more than are above all of the passage.
    """

    passage: int
    start: int
    end: int
    text: str
    score: float
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True)
class Citation:
    """Where an answer's sentence is supported: a span of a passage, offsets in the file's text, ``heading`` as a
    quote's."""

    passage: int
    start: int
    end: int
    score: float
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True)
class CheckedSentence:
    """One sentence of the model's answer, ``answer[start:end]``, and what the passages say to it."""

    start: int
    end: int
    support: Support
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that the documents gave for one question. ``found`` False: "not in your documents"; passages are then the
    nearest ones and there are no quotes."""

    query: str
    passages: tuple[Passage, ...] = ()
    quotes: tuple[Quote, ...] = ()
    found: bool = False
    search_s: float = 0.0
